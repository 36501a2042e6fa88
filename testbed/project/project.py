"""A SAM project on disk: its configuration, template, parameters and uploads.

``samconfig.toml`` names the stack, the template, the region and the parameters, for ``sam deploy``
and for the testbed. ``[tool.testbed]`` in ``pyproject.toml`` has settings that SAM lacks.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from testbed.errors import ProjectError, TestbedError
from testbed.machine.cache_folder import cache_folder, make_cache_folder
from testbed.project.website_list import WebsiteList, website_list

# The parameters of SAM that are read; those in _LISTS may be a string or a list of strings.
_TEXTS = frozenset({"stack_name", "template_file", "region", "profile"})
_LISTS = frozenset({"capabilities", "parameter_overrides", "tags"})


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
        Where the file lists websites, if it does: local ones are added there.
    added
        The websites to add, with their URLs.
    """

    name: str
    file: Path
    output: str
    schema: Path | None
    websites: WebsiteList | None = None
    added: tuple[tuple[str, str], ...] = ()

    def content(self) -> bytes:
        """Return the file's bytes.

        Raises
        ------
        ProjectError
            If the file is missing or not valid, or its schema is not JSON.
        """
        try:
            content = self.file.read_bytes()
        except OSError as error:
            raise ProjectError(f"{self.file} cannot be read: {error.strerror}.") from error
        return self.checked(self.with_added(content))

    def with_added(self, content: bytes) -> bytes:
        """Return a content of the file with the websites to add.

        Raises
        ------
        ProjectError
            If the content has no list of websites.
        """
        if self.websites is None or not self.added:
            return content
        return self.websites.with_websites(content, dict(self.added), str(self.file))

    def checked(self, content: bytes) -> bytes:
        """Return a content of the file if it is valid.

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


@dataclass(frozen=True)
class Project:
    """A SAM project on disk.

    Parameters
    ----------
    parameters
        Values of the template's parameters; the others keep the template's defaults.
    tags
        The stack's tags, which identify it as this project's.
    profile
        The profile of the AWS CLI's configuration for deployments to an account.
    """

    root: Path
    template: Path
    stack_name: str
    region: str
    capabilities: tuple[str, ...] = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
    parameters: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    uploads: tuple[Upload, ...] = ()
    profile: str | None = None

    @property
    def state(self) -> Path:
        """The default state folder: the log and the files of the project's LocalStack."""
        return self.root / ".testbed"

    @property
    def init_scripts(self) -> Path:
        """The folder of init scripts (``ready.d`` and its siblings), which may be missing."""
        return self.root / "init"

    def with_websites(self, websites: dict[str, str]) -> Project:
        """Return a copy of the project that adds websites to the files that list some.

        Parameters
        ----------
        websites
            Their URLs, by their names.
        """
        return replace(
            self,
            uploads=tuple(
                replace(upload, added=tuple(websites.items())) if upload.websites else upload
                for upload in self.uploads
            ),
        )

    @property
    def has_init_scripts(self) -> bool:
        """Whether there are init scripts that deploy the project when LocalStack is ready."""
        return any(self.init_scripts.glob("ready.d/*"))

    def with_parameters(self, parameters: dict[str, str]) -> Project:
        """Return a copy of the project with some parameters changed."""
        return replace(self, parameters={**self.parameters, **parameters})

    def with_files(self, files: dict[str, Path]) -> Project:
        """Return a copy of the project that uploads other files instead of those named.

        Raises
        ------
        ProjectError
            If the project uploads no file of that name.
        """
        known = {upload.name for upload in self.uploads}
        for name in files.keys() - known:
            raise ProjectError(
                f"The project uploads no file named {name}.",
                advice=f"It uploads: {', '.join(sorted(known)) or 'none'}.",
            )
        return replace(
            self,
            uploads=tuple(
                replace(upload, file=files.get(upload.name, upload.file)) for upload in self.uploads
            ),
        )


def find_project(start: Path) -> Project:
    """Return the project of the nearest folder with a ``samconfig.toml``, from ``start`` upwards.

    Raises
    ------
    ProjectError
        If there is none, or one of its files is not valid.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "samconfig.toml").is_file():
            return _read_project(folder)
    raise ProjectError(
        f"There is no samconfig.toml in {start.resolve()} or above it.",
        advice="Run the command inside a project, or name its folder with --project.",
    )


def _read_project(root: Path) -> Project:
    deploy = _sam_parameters(root / "samconfig.toml")
    template = root / deploy.get("template_file", "template.yaml")
    if not template.is_file():
        raise ProjectError(f"The template {template} is missing.")
    try:
        stack_name = deploy["stack_name"]
    except KeyError:
        raise ProjectError(f"{root / 'samconfig.toml'} names no stack_name.") from None
    capabilities = deploy.get("capabilities", "CAPABILITY_IAM")
    if isinstance(capabilities, str):
        capabilities = capabilities.split()
    return Project(
        root=root,
        template=template,
        stack_name=stack_name,
        region=deploy.get("region", "us-east-1"),
        # SAM templates use a macro, which needs this capability.
        capabilities=tuple(dict.fromkeys([*capabilities, "CAPABILITY_AUTO_EXPAND"])),
        parameters=parse_pairs(deploy.get("parameter_overrides", ""), "parameter_overrides"),
        tags=parse_pairs(deploy.get("tags", ""), "tags"),
        uploads=tuple(_uploads(root)),
        profile=deploy.get("profile"),
    )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectError(f"{path} cannot be read as TOML.", details=str(error)) from error


def _sam_parameters(path: Path) -> dict[str, Any]:
    """Merge the ``global`` and ``deploy`` parameters of SAM's environment ``default``.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
    """
    default = _read_toml(path).get("default", {})
    merged: dict[str, Any] = {}
    for command in ("global", "deploy"):
        section = _table(_table(default, "default", path).get(command, {}), command, path)
        merged |= _table(section.get("parameters", {}), f"{command}.parameters", path)
    for name, value in merged.items():
        if not _is_valid(name, value):
            raise ProjectError(f"{path}: {name} cannot be {value!r}.")
    return merged


def _table(value: object, name: str, path: Path) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ProjectError(f"{path}: {name} must be a table, but is {value!r}.")
    return value


def _is_valid(name: str, value: object) -> bool:
    """Return whether a parameter of SAM has a type that we can read."""
    if name in _LISTS and isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return isinstance(value, str) or name not in _TEXTS | _LISTS


def parse_pairs(given: str | list[str], where: str) -> dict[str, str]:
    """Parse ``Name=value`` pairs: a text, quoted as in a shell, or a list of words.

    Raises
    ------
    ProjectError
        If the text has an unclosed quotation mark, or a word is not such a pair.
    """
    try:
        words = shlex.split(given) if isinstance(given, str) else given
    except ValueError as error:  # an unclosed quotation mark
        raise ProjectError(f"{where}: {given!r} cannot be read: {error}.") from None
    return dict(parse_pair(word, where) for word in words)


def parse_pair(text: str, where: str) -> tuple[str, str]:
    """Split ``Name=value``.

    Raises
    ------
    ProjectError
        If there is no name or no ``=``.
    """
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ProjectError(f"{where}: {text!r} is not of the form Name=value.")
    return name, value


def _uploads(root: Path) -> list[Upload]:
    pyproject = root / "pyproject.toml"
    if not pyproject.is_file():
        return []
    entries = _read_toml(pyproject).get("tool", {}).get("testbed", {}).get("uploads", [])
    try:
        return [
            Upload(
                name=entry["file"],
                file=root / entry["file"],
                output=entry["output"],
                schema=root / entry["schema"] if "schema" in entry else None,
                websites=website_list(entry, pyproject),
            )
            for entry in entries
        ]
    except KeyError as error:
        raise ProjectError(
            f"{pyproject}: an entry of [[tool.testbed.uploads]] lacks {error}."
        ) from error
