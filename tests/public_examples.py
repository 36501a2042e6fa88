"""The examples in the docstrings of the public API, which are run."""

from __future__ import annotations

import inspect
import re
import textwrap

import testbed

_SECTION = re.compile(r"^Examples\n-+\n(.*?)(?=^\w+\n-+$|\Z)", re.MULTILINE | re.DOTALL)


def example_of(name: str) -> str:
    """Return the code of a public name's example; empty if it has none."""
    found = _SECTION.search(inspect.getdoc(getattr(testbed, name)) or "")
    return textwrap.dedent(found[1].strip().removeprefix("::").strip("\n")) if found else ""


def as_module(code: str) -> str:
    """Return an example as a module of tests; plain code becomes a test."""
    if re.search(r"^def test_", code, re.MULTILINE):
        return code
    return "def test_example(endpoint_url, stack, aws):\n" + textwrap.indent(code, "    ")
