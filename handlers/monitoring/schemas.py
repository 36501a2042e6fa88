"""Validators of the JSON Schemas in this folder."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import fastjsonschema


class Invalid(ValueError):
    """Data does not match its schema; ``path`` is the path to the value (keys and indices)."""

    def __init__(self, message: str, path: tuple[str, ...]) -> None:
        super().__init__(message)
        self.path = path


def load(name: str) -> dict[str, Any]:
    """Read ``{name}.schema.json``."""
    return _read(f"{name}.schema.json")


def validator(name: str) -> Callable[[object], dict[str, Any]]:
    """Return a validator for ``{name}.schema.json``.

    It returns its argument, with the schema's defaults filled in, and raises :class:`Invalid` with
    the first violation.
    """
    # A reference to another schema, such as timestamp.schema.json, is a file name: no URI scheme.
    check = fastjsonschema.compile(load(name), handlers={"": _read})

    def validate(data: object) -> dict[str, Any]:
        try:
            return cast(dict[str, Any], check(data))
        except fastjsonschema.JsonSchemaValueException as error:
            _, *path = error.path
            message = error.message.removeprefix("data").removeprefix(".").strip()
            raise Invalid(message, tuple(map(str, path))) from None

    return validate


def _read(file: str) -> dict[str, Any]:
    text = Path(__file__).with_name(file).read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))
