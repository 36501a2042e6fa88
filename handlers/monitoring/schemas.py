"""The JSON Schemas that ship beside this module, compiled to validators."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import fastjsonschema


class Invalid(ValueError):
    """Data breaks its schema; ``path`` leads to the broken value (keys and indices)."""

    def __init__(self, message: str, path: tuple[str, ...]) -> None:
        super().__init__(message)
        self.path = path


def load(name: str) -> dict[str, Any]:
    """Read ``{name}.schema.json``."""
    text = Path(__file__).with_name(f"{name}.schema.json").read_text("utf-8")
    return cast(dict[str, Any], json.loads(text))


def validator(name: str) -> Callable[[object], dict[str, Any]]:
    """Compile ``{name}.schema.json``.

    The validator returns its argument, completed in place with the schema's defaults, and raises
    :class:`Invalid` with the first violation.
    """
    check = fastjsonschema.compile(load(name))

    def validate(data: object) -> dict[str, Any]:
        try:
            return cast(dict[str, Any], check(data))
        except fastjsonschema.JsonSchemaValueException as error:
            _, *path = error.path
            message = error.message.removeprefix("data").removeprefix(".").strip()
            raise Invalid(message, tuple(map(str, path))) from None

    return validate
