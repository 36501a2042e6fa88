"""The resource schemas in the extension, made from those that cfn-lint has of AWS.

cfn-lint publishes AWS's resource schemas with corrections (MIT-0). LocalStack's environment has no
cfn-lint, so what the extension needs of them is stored as data, one file a type::

    .venv/bin/python -m tests.extension.schemas           writes the files
    .venv/bin/python -m tests.extension.schemas --check   says whether they are up to date

It needs the packages of ``requirements/lint.txt``: ``python3 scripts/setup.py lint``.
"""

from __future__ import annotations

import argparse
import importlib
import json
import pkgutil
import re
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.conftest import ROOT

PACKAGE = ROOT / "extension" / "src" / "localstack_testbed" / "cloudformation"
DATA = PACKAGE / "schemas" / "data"
NAMES = "types.txt"
SOURCE = "SOURCE.txt"
REGION = "us-east-1"
COMMAND = ".venv/bin/python -m tests.extension.schemas"

WITHOUT_SCHEMA = frozenset({"AWS::CDK::Metadata", "AWS::CloudFormation::CustomResource"})
"""Types whose properties CloudFormation does not check."""

KEPT = (
    "typeName",
    "properties",
    "definitions",
    "required",
    "anyOf",
    "requiredOr",
    "requiredXor",
    "dependentExcluded",
    "createOnlyProperties",
    "conditionalCreateOnlyProperties",
    "readOnlyProperties",
    "writeOnlyProperties",
    "primaryIdentifier",
    "replacementStrategy",
)
DROPPED = frozenset(
    {"$comment", "default", "description", "examples", "format", "relationshipRef", "title"}
)
MAPS = frozenset({"definitions", "dependentExcluded", "patternProperties", "properties"})
"""Keywords whose keys are names instead of keywords."""

FASTER = {
    r"^[ \t]*[^\x00-\x1F\x7F]+([ \t]+[^\x00-\x1F\x7F]+)*[ \t]*$": (
        r"^[^\x00-\x08\x0A-\x1F\x7F]*[^\x00-\x1F\x7F][^\x00-\x08\x0A-\x1F\x7F]*$"
    ),
    r"^[ \t]*[\x20-\x7E]+([ \t]+[\x20-\x7E]+)*[ \t]*$": (
        r"^[\t\x20-\x7E]*[\x20-\x7E][\t\x20-\x7E]*$"
    ),
    r"^([^:*\/]+\/?)*[^:*\/]+$": r"^[^:*\/]+(\/[^:*\/]+)*$",
}
"""Regular expressions that take forever for some texts, and what is equivalent."""

CORRECTIONS: dict[str, dict[str, Any]] = {
    # cfn-lint allows any type here, and reports others than strings by rules of its own.
    "AWS::Lambda::Function": {
        "/definitions/Environment/properties/Variables/patternProperties/[a-zA-Z][a-zA-Z0-9_]+": {
            "type": "string"
        },
    },
    "AWS::CloudFormation::Stack": {
        "/properties/Parameters/patternProperties/[a-zA-Z0-9]+": {"type": "string"},
    },
    # EventBridge takes any of its actions: API_PutPermission.
    "AWS::Events::EventBusPolicy": {
        "/properties/Action": {"type": "string", "pattern": "^events:[a-zA-Z]+$"},
    },
    # AWS takes JSON as a string wherever it takes a policy document.
    "AWS::IAM::Role": {
        "/definitions/Policy/properties/PolicyDocument": {"type": ["object", "string"]},
    },
    "AWS::IAM::User": {
        "/definitions/Policy/properties/PolicyDocument": {"type": ["object", "string"]},
    },
}
"""Where AWS differs from cfn-lint's corrections."""


def supported_types() -> list[str]:
    """Return the names of the types that have a schema in the extension."""
    names: set[str] = set()
    resources = importlib.import_module("localstack_testbed.cloudformation.resources")
    for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
        names |= set(getattr(importlib.import_module(module.name), "TYPES", {}))
    return sorted(names - WITHOUT_SCHEMA)


def files() -> dict[str, str]:
    """Return what the files must contain, by their names."""
    # Imported here: only the packages of lint.txt have it.
    from cfnlint.schema.manager import (  # type: ignore[import-untyped]
        PROVIDER_SCHEMA_MANAGER as MANAGER,
    )

    content = {
        f"{name.replace('::', '_')}.json": _json(
            _reduced(MANAGER.get_resource_schema(REGION, name))
        )
        for name in supported_types()
    }
    # The regions' lists differ a little; a type of any region is one of AWS.
    names = {name for region in _regions() for name in MANAGER.get_resource_types(region)}
    content[SOURCE] = (
        "The resource schemas in this folder are AWS's, with the corrections of the package\n"
        f"cfn-lint {metadata.version('cfn-lint')}, and without their descriptions:\n"
        "https://github.com/aws-cloudformation/cfn-lint\n\n"
        "Their license is MIT-0 (MIT No Attribution).\n\n"
        "types.txt lists the names of AWS's resource types, from the same package.\n"
        f"{COMMAND} writes all files of this folder.\n"
    )
    content[NAMES] = "".join(f"{name}\n" for name in sorted(names - {"Module"}))
    return content


def outdated() -> list[str]:
    """Return the names of the files that are missing, differ, or must not be there."""
    expected = files()
    present = {path.name: path.read_text(encoding="utf-8") for path in DATA.glob("*")}
    return sorted(name for name in expected | present if expected.get(name) != present.get(name))


def _regions() -> list[str]:
    from cfnlint.helpers import REGIONS  # type: ignore[import-untyped]

    return sorted(REGIONS)


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _reduced(schema: Any) -> dict[str, Any]:
    """Return what is needed of one of cfn-lint's schemas."""
    source: dict[str, Any] = json.loads(json.dumps(schema.schema))
    for pointer, value in CORRECTIONS.get(source["typeName"], {}).items():
        parent, key = _parent(source, pointer)
        assert key in parent, f"{source['typeName']}: cfn-lint has no {pointer}"
        parent[key] = value
    for pointer in source.get("readOnlyProperties", []):
        _remove_read_only(source, pointer)
    result = {key: _plain(source[key], key) for key in KEPT if source.get(key)}
    result["definitions"] = _used_definitions(result)
    if not result["definitions"]:
        del result["definitions"]
    result["attributes"] = sorted(
        # Outputs of nested stacks are a regular expression.
        name.replace("\\..*", ".*")
        for name in schema.get_atts
    )
    if tag_property := _tag_property(source):
        result["tagProperty"] = tag_property
    return result


def _tag_property(source: dict[str, Any]) -> str | None:
    tagging = source.get("tagging", {})
    name = str(tagging.get("tagProperty", "/properties/Tags")).removeprefix("/properties/")
    taggable = tagging.get("taggable", source.get("taggable", bool(tagging)))
    return name if taggable and name in source.get("properties", {}) else None


def _parent(source: dict[str, Any], pointer: str) -> tuple[dict[str, Any], str]:
    *path, key = pointer.removeprefix("/").split("/")
    for part in path:
        source = source[part]
    return source, key


def _remove_read_only(source: dict[str, Any], pointer: str) -> None:
    """Remove a read-only property, as a template must not have it."""
    node: Any = source
    *path, name = pointer.removeprefix("/properties/").split("/")
    for part in path:
        node = _resolved(source, _resolved(source, node).get("properties", {}).get(part, {}))
    properties = _resolved(source, node).get("properties", {})
    properties.pop(name, None)
    if "required" in node:
        node["required"] = [each for each in node["required"] if each != name]


def _resolved(source: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        parent, key = _parent(source, node["$ref"].removeprefix("#"))
        node = parent[key]
    return node


def _plain(value: Any, keyword: str | None = None) -> Any:
    """Return part of a schema without what is not needed, with Python's regular expressions."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return _python_pattern(value) if keyword == "pattern" else value
    if keyword in MAPS:
        names = value if keyword != "patternProperties" else {_python_pattern(k): k for k in value}
        return {name: _plain(value[names[name] if names is not value else name]) for name in names}
    return {key: _plain(each, key) for key, each in value.items() if key not in DROPPED}


def _python_pattern(pattern: str) -> str:
    r"""Return a regular expression of Java as one of Python.

    Examples
    --------
    >>> _python_pattern(r"^[\p{L}\p{Z}\p{N}_.]*$")
    '^[\\w\\s_.]*$'
    >>> _python_pattern(r"^\d+$")
    '(?a)^\\d+$'
    """
    pattern = FASTER.get(pattern, pattern)
    flags = "i" if "(?i)" in pattern else ""
    pattern = pattern.replace("(?i)", "")
    if "\\p{" not in pattern and re.search(r"\\[wds]", pattern):
        flags += "a"  # Java's classes have ASCII characters only
    for theirs, ours in ((r"\p{L}", r"\w"), (r"\p{N}", ""), (r"\p{Z}", r"\s")):
        pattern = pattern.replace(theirs, ours)
    if flags:
        pattern = f"(?{flags}){pattern}"
    re.compile(pattern)
    return pattern


def _used_definitions(schema: dict[str, Any]) -> dict[str, Any]:
    definitions: dict[str, Any] = schema.get("definitions", {})
    used: dict[str, Any] = {}
    waiting = list(_references({**schema, "definitions": {}}))
    while waiting:
        name = waiting.pop()
        if name not in used:
            used[name] = definitions[name]
            waiting += _references(used[name])
    return used


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _references(each)
    elif isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference.removeprefix("#/definitions/")
        for each in value.values():
            yield from _references(each)


def _write() -> None:
    DATA.mkdir(exist_ok=True)
    content = files()
    for path in DATA.glob("*"):
        if path.name not in content:
            path.unlink()
    for name, text in content.items():
        Path(DATA / name).write_text(text, encoding="utf-8")


def main() -> None:
    """Write the files, or check them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="Only say what is out of date.")
    if not parser.parse_args().check:
        _write()
    elif names := outdated():
        sys.exit(
            f"Error: these files in {DATA.relative_to(ROOT)} do not match cfn-lint's schemas:"
            f" {', '.join(names)}. Run: PYTHONPATH=extension/src {COMMAND}"
        )


if __name__ == "__main__":
    main()
