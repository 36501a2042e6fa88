"""The page docs/resource-types.md, generated from the extension's resource types and schemas.

``PYTHONPATH=extension/src .venv/bin/python -m tests.docs.resource_types_page`` prints it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from itertools import groupby

from localstack_testbed.cloudformation import resources
from localstack_testbed.cloudformation.resources.model import ResourceType
from localstack_testbed.cloudformation.schemas.data_files import load

from tests.conftest import ROOT
from tests.extension.live.cloudformation.types import EXAMPLES

PAGE = ROOT / "docs" / "resource-types.md"
COMMAND = (
    "PYTHONPATH=extension/src .venv/bin/python -m tests.docs.resource_types_page"
    " > docs/resource-types.md"
)
_SCHEMAS = (
    "https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html"
)
_INTRODUCTION = f"""\
# Resource types

The types that a CloudFormation or SAM template may have in this testbed. SAM's own types become
some of these. Types that exist on AWS but not here are rejected before anything is created; the
error names each resource. `TESTBED_SKIP_UNSUPPORTED_RESOURCES=1` [skips](extension.md#settings)
them instead.

As on AWS, a change of some properties replaces the resource: a new one is created, and the old one
is deleted when the update has succeeded. A resource that the template names cannot be replaced
under the same name. All other properties are updated in place. Which property is which, and which
values are valid, comes from
[AWS's resource schemas]({_SCHEMAS}).

The last column has properties that are not available, or whose change no test can see, with the
reason.

"""
_MADE = f"<!-- Made from the resource types: {COMMAND} -->\n"
_HEADINGS = ("Type", "A change replaces the resource", "Updated in place", "Exceptions")
_WITHOUT_SCHEMA = {
    "AWS::CDK::Metadata": ("", "everything, without an effect", ""),
    "AWS::CloudFormation::CustomResource": (
        "what makes the answer to an update have another physical id",
        "everything",
        "`Custom::…` types are the same; `ServiceToken` cannot be changed",
    ),
}


def content() -> str:
    """Return what the page must contain."""
    sections = groupby(sorted(_types().items()), key=lambda each: each[0].rpartition("::")[0])
    return _INTRODUCTION + _MADE + "".join(_section(name, dict(each)) for name, each in sections)


def _types() -> dict[str, type[ResourceType]]:
    found: dict[str, type[ResourceType]] = {}
    for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
        found |= getattr(importlib.import_module(module.name), "TYPES", {})
    return found


def _section(service: str, classes: dict[str, type[ResourceType]]) -> str:
    rows = [_HEADINGS, ("---",) * len(_HEADINGS)]
    rows += [(f"`{name}`", *_row(name, kind)) for name, kind in classes.items()]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in rows)
    return f"\n## {service}\n\n{table}"


def _row(name: str, kind: type[ResourceType]) -> tuple[str, str, str]:
    if name in _WITHOUT_SCHEMA:
        return _WITHOUT_SCHEMA[name]
    schema = load(name)
    assert schema, f"{name} has no schema: run python -m tests.extension.schemas"
    settable = set(schema.get("properties", {}))
    examples = [each for each in EXAMPLES if each.type == name]
    replacing = dict.fromkeys(_names(schema.get("createOnlyProperties", []), settable), "")
    if kind.needs_replacement is not ResourceType.needs_replacement:
        conditional = _names(schema.get("conditionalCreateOnlyProperties", []), settable)
        replacing |= dict.fromkeys(conditional, "in some cases")
    for example in examples:
        replacing |= dict.fromkeys(example.replaces, "")
    in_place = "everything else" if settable - set(replacing) else "nothing"
    if not replacing:
        in_place = "everything" if settable else "nothing"
    if in_place != "nothing" and kind.update is ResourceType.update:
        in_place = "nothing; such a change is rejected"
    tested = {path.partition("/")[0] for example in examples for path in example.changes}
    exceptions = {
        path: reason
        for example in examples
        for path, reason in example.exceptions.items()
        if path.partition("/")[0] not in tested
    }
    return (
        ", ".join(f"`{each}`{f' ({note})' if note else ''}" for each, note in replacing.items()),
        in_place,
        "<br>".join(f"`{path}`: {_escaped(reason)}" for path, reason in exceptions.items()),
    )


def _names(pointers: list[str], settable: set[str]) -> Iterator[str]:
    """Yield the names of properties that a template may have."""
    for pointer in sorted(pointers):
        name = pointer.removeprefix("/properties/")
        if name.partition("/")[0] in settable:
            yield name.replace("/", ".")


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").removesuffix(".")


if __name__ == "__main__":
    print(content(), end="")
