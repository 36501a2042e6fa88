"""The page about the Python API, made from the docstrings: python -m tests.docs.api_page"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from functools import cached_property
from typing import Any, is_typeddict

import testbed
from tests.public_examples import example_of

PAGE = "docs/api.md"
_INTRODUCTION = """\
# Python API

```python
from testbed import Faults, Inbox, Stack
```

The names on this page are the public API; everything else in the package may change without notice.
In tests you get the objects from [fixtures](test-your-own-pipeline.md#fixtures), and use the names
to annotate them. The package has types for `mypy --strict`. The clients of `aws` have types if you
install [`types-boto3`](https://pypi.org/project/types-boto3/).

Without pytest, pass the URL of a running LocalStack, such as that of `testbed up`, to `Aws`,
`Clock`, `Faults`, `Inbox`, `Journal` or `Permissions`. They read its
[control secret](../SECURITY.md) from the file that `TESTBED_CONTROL_SECRET_FILE` names.

Expected failures, such as a LocalStack that does not answer, raise a `TestbedError`.

<!-- Made from the docstrings: .venv/bin/python -m tests.docs.api_page > docs/api.md -->
"""
_SECTION = re.compile(r"^\w[\w ]*\n-+$", re.MULTILINE)
_ROLE = re.compile(r":\w+:`~?(?:[\w.]+\.)?(\w+)`")


def page() -> str:
    """Return the whole page."""
    return "\n".join([_INTRODUCTION, *map(_entry, testbed.__all__)])


def _entry(name: str) -> str:
    described = getattr(testbed, name)
    parts = [f"## {name}", _prose(inspect.getdoc(described) or "")]
    if names := _fields(described):
        parts.append(f"Fields: {', '.join(f'`{each}`' for each in names)}.")
    if rows := list(_members(described)):
        parts.append("\n".join(["| | |", "| --- | --- |", *rows]))
    if code := example_of(name):
        parts.append(f"```python\n{code}\n```")
    return "\n\n".join(parts) + "\n"


def _prose(docstring: str) -> str:
    """Return what comes before a docstring's sections, in Markdown."""
    text = _SECTION.split(docstring)[0].split("::\n")[0].strip()
    return _ROLE.sub(r"`\1`", text).replace("``", "`")


def _fields(described: Any) -> list[str]:
    if is_dataclass(described):
        return [each.name for each in fields(described) if not each.name.startswith("_")]
    return list(described.__annotations__) if is_typeddict(described) else []


def _members(described: Any) -> Iterator[str]:
    """Yield a table's row for each public method and property."""
    for name, member in vars(described).items():
        if name == "__call__":
            yield _row(_signature("", member), member)
        elif name.startswith("_"):
            continue
        elif isinstance(member, (property, cached_property)):
            yield _row(name, member)
        elif inspect.isfunction(member):
            yield _row(_signature(name, member), member)
        elif isinstance(member, classmethod):
            yield _row(_signature(name, member.__func__), member)


def _row(shown: str, member: Any) -> str:
    summary = _prose(inspect.getdoc(member) or "").split("\n\n")[0].replace("\n", " ")
    return f"| `{shown}` | {summary} |"


def _signature(name: str, function: Any) -> str:
    """Return a call without types, and without ``self`` or ``cls``."""
    signature = inspect.signature(function)
    parameters = [
        each.replace(annotation=inspect.Parameter.empty) for each in signature.parameters.values()
    ]
    bare = inspect.Signature(parameters[1:])
    return f"{name}{bare}"


if __name__ == "__main__":
    print(page(), end="")
