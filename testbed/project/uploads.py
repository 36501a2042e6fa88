"""Files that a deployment uploads to S3 in addition to the code."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.errors import ProjectError, TestbedError
from testbed.machine.cache_folder import cache_folder, make_cache_folder
from testbed.project.samconfig import read_toml
from testbed.project.website_list import WebsiteList, website_list


@dataclass(frozen=True)
class Upload:
    """A file that a deployment uploads to S3 in addition to the code.

    Parameters
    ----------
    file
        The file, relative to the project's root or absolute.
    output
        The stack output with the ``s3://`` URI to upload it to.
    schema
        The JSON Schema for the file, which is YAML or JSON.
    websites
        Where the file lists websites, if it does.
    added
        Websites to add there, each with its URL.
    """

    name: str
    file: Path
    output: str
    schema: Path | None
    websites: WebsiteList | None = None
    added: tuple[tuple[str, str], ...] = ()

    def content(self) -> bytes:
        """Return the file's bytes, or a new document if there are websites to add.

        Raises
        ------
        ProjectError
            If the file is missing or not valid, or its schema is not JSON.
        """
        try:
            content = self.file.read_bytes()
        except OSError as error:
            raise ProjectError(f"{self.file} cannot be read: {error.strerror}.") from error
        if self.websites is not None and self.added:
            content = self.websites.with_websites(content, dict(self.added), str(self.file))
        return self.checked(content)

    def checked(self, content: bytes) -> bytes:
        """Return a content of the file, after checking it.

        Raises
        ------
        ProjectError
            If it is not valid, or the schema is not JSON.
        """
        if self.schema is not None:
            self._validate(content)
        return content

    def _validate(self, content: bytes) -> None:
        assert self.schema is not None
        try:
            document = yaml.safe_load(content)
        except yaml.YAMLError as error:
            raise ProjectError(f"{self.file} is not valid YAML.", details=str(error)) from error
        try:
            schema = json.loads(self.schema.read_bytes())
        except ValueError as error:
            raise ProjectError(f"{self.schema} is not valid JSON.", details=str(error)) from error
        checked = _checked(content, self.schema.read_bytes())
        if checked is not None and checked.exists():
            return  # without importing jsonschema, which takes a tenth of a second
        validator = _validator_class(schema)(schema)
        problems = [
            f"{'.'.join(str(part) for part in error.absolute_path) or '(top level)'}: "
            f"{error.message}"
            for error in sorted(validator.iter_errors(document), key=lambda e: list(e.path))
        ]
        if problems:
            raise ProjectError(
                f"{self.file} is not valid.",
                advice=f"Its JSON Schema is {self.schema}.",
                details="\n".join(problems),
            )
        if checked is not None:
            with contextlib.suppress(OSError):  # a read-only cache
                make_cache_folder()
                checked.parent.mkdir(exist_ok=True)
                checked.touch()


def _checked(content: bytes, schema: bytes) -> Path | None:
    """Return the file in the cache that says that a content is valid; None without a cache."""
    parts = (hashlib.sha256(part).digest() for part in (content, schema))
    try:
        return cache_folder() / "valid" / hashlib.sha256(b"".join(parts)).hexdigest()
    except TestbedError:  # there is no home folder
        return None


def _validator_class(schema: dict[str, Any]) -> Any:
    """Return the schema's validator with one more keyword: ``uniqueItemProperties``.

    JSON Schema cannot forbid two items of an array with the same name; Ajv's keyword can.
    https://github.com/ajv-validator/ajv-keywords#uniqueitemproperties
    """

    import jsonschema

    def check(
        _validator: object, names: list[str], items: Any, _schema: object
    ) -> Iterator[Exception]:
        for name in names if isinstance(items, list) else ():
            values = [item[name] for item in items if isinstance(item, dict) and name in item]
            for value in sorted({str(value) for value in values if values.count(value) > 1}):
                yield jsonschema.ValidationError(f"two entries have the {name} {value!r}")

    own = jsonschema.validators.validator_for(schema)
    return jsonschema.validators.extend(own, {"uniqueItemProperties": check})  # type: ignore[no-untyped-call]


def read_uploads(root: Path) -> tuple[Upload, ...]:
    """Return the uploads that ``[[tool.testbed.uploads]]`` in ``pyproject.toml`` lists.

    Raises
    ------
    ProjectError
        If the file is not valid.
    """
    pyproject = root / "pyproject.toml"
    if not pyproject.is_file():
        return ()
    settings: Any = read_toml(pyproject).get("tool", {})
    for name in ("testbed", "uploads"):
        settings = settings.get(name, {}) if isinstance(settings, dict) else None
    if not settings:
        return ()
    if not isinstance(settings, list) or not all(isinstance(each, dict) for each in settings):
        raise ProjectError(f"{pyproject}: [[tool.testbed.uploads]] must be a list of tables.")
    return tuple(_upload(entry, root, pyproject) for entry in settings)


def _upload(entry: dict[str, Any], root: Path, pyproject: Path) -> Upload:
    for name in ("file", "output"):
        if name not in entry:
            raise ProjectError(f"{pyproject}: an entry of [[tool.testbed.uploads]] lacks {name!r}.")
    for name, value in entry.items():
        if name != "websites" and not isinstance(value, str):
            raise ProjectError(f"{pyproject}: {name} of an upload must be a text, not {value!r}.")
    return Upload(
        name=entry["file"],
        file=root / entry["file"],
        output=entry["output"],
        schema=root / entry["schema"] if "schema" in entry else None,
        websites=website_list(entry, pyproject),
    )
