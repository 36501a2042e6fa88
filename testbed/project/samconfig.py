"""SAM's configuration file, which names the stack, the template, the region and the parameters.

``sam deploy`` and the testbed read the same file, so that nothing is configured twice.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import yaml

from testbed.errors import ProjectError
from testbed.project.yaml_loader import SafeLoader

NAMES = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
"""The names of the file, in the order in which SAM looks for them."""

DEFAULT_ENVIRONMENT = "default"

# The parameters that are read. Those in _LISTS may be a text or a list of texts.
_TEXTS = frozenset({"stack_name", "template_file", "template", "region", "profile", "on_failure"})
_LISTS = frozenset({"capabilities", "parameter_overrides", "tags", "notification_arns"})
_SWITCHES = frozenset({"disable_rollback"})
_TEMPLATES = frozenset({"template_file", "template"})
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-build.html
_BUILD = ".aws-sam"


def find_samconfig(folder: Path) -> Path | None:
    """Return a folder's configuration file, or None if it has none."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_samconfig(path: Path, environment: str | None = None) -> dict[str, Any]:
    """Return the parameters for deployments: ``global`` ones, and those of ``deploy`` before them.

    ``template_file`` is the template in the sources, which the testbed builds itself: if ``deploy``
    has none, or what `sam build` writes, the one of ``build`` is used.

    Parameters
    ----------
    environment
        The environment to read, as with ``sam deploy --config-env``; by default ``default``.

    Raises
    ------
    ProjectError
        If the file is not valid, or does not have the environment.
    """
    document = read_toml(path) if path.suffix == ".toml" else _read_yaml(path)
    if environment and environment not in document:
        names = ", ".join(name for name in document if name != "version") or "none"
        raise ProjectError(
            f"{path} has no environment {environment}.", advice=f"Its environments: {names}."
        )
    chosen = environment or DEFAULT_ENVIRONMENT
    tables = _table(document.get(chosen), chosen, path)
    merged: dict[str, Any] = {}
    built = _parameters(tables, "build", path)
    for command in ("global", "deploy"):
        merged |= _without_built_template(_parameters(tables, command, path))
    if not merged.keys() & _TEMPLATES:
        built = _without_built_template(built)
        merged |= {name: built[name] for name in _TEMPLATES & built.keys()}
    for name, value in merged.items():
        if not _is_valid(name, value):
            raise ProjectError(f"{path}: {name} cannot be {value!r}.")
    return merged


def _parameters(tables: dict[str, Any], command: str, path: Path) -> dict[str, Any]:
    section = _table(tables.get(command), command, path)
    found = _table(section.get("parameters"), f"{command}.parameters", path)
    return {name: value for name, value in found.items() if value is not None}  # empty in YAML


def _without_built_template(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters without the name of a template that `sam build` writes."""
    return {
        name: value
        for name, value in parameters.items()
        if not (name in _TEMPLATES and isinstance(value, str) and _BUILD in Path(value).parts)
    }


def words(value: str | list[str]) -> list[str]:
    """Return the items of a parameter that is a list, or a text with spaces between them."""
    return value.split() if isinstance(value, str) else value


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    ProjectError
        If it is not valid.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ProjectError(f"{path} cannot be read as TOML.", details=str(error)) from error


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        # The loader is a SafeLoader.
        document = yaml.load(path.read_text(encoding="utf-8"), SafeLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ProjectError(f"{path} cannot be read as YAML.", details=str(error)) from error
    return _table(document, "the content", path)


def _table(value: object, name: str, path: Path) -> dict[str, Any]:
    if value is None:  # missing, or empty in YAML
        return {}
    if not isinstance(value, dict):
        raise ProjectError(f"{path}: {name} must be a table, but is {value!r}.")
    return value


def _is_valid(name: str, value: object) -> bool:
    """Return whether a parameter has a type that we can read."""
    if name in _LISTS and isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    if name in _SWITCHES:
        return isinstance(value, bool)
    return isinstance(value, str) or name not in _TEXTS | _LISTS
