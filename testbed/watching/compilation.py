"""Compilation of Python files, to find those that are not valid.

The Python of another runtime, 3.9 or later, runs this file as a program. So it imports nothing of
the testbed. It reads a JSON list of paths, and writes the list of errors.
"""

from __future__ import annotations

import json
import sys
import traceback
import warnings


def compilation_errors(paths: list[str]) -> list[tuple[str, int | None, str]]:
    """Return the files that cannot be compiled, with the line and Python's message."""
    found = []
    for path in paths:
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - importing pathlib takes long
                source = file.read()
        except OSError:  # it was deleted meanwhile
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(source, path, "exec", dont_inherit=True)
        # A null byte, a number with too many digits, code that is nested too deeply.
        except (SyntaxError, ValueError, OverflowError, RecursionError, MemoryError) as error:
            text = "".join(traceback.format_exception_only(type(error), error))
            found.append((path, getattr(error, "lineno", None), text))
    return found


if __name__ == "__main__":
    json.dump(compilation_errors(json.load(sys.stdin)), sys.stdout)
