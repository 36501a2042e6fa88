"""Check of settings that a user gives, before LocalStack starts with them.

``python -m localstack_testbed.hooks.given_settings`` reads a JSON object of names and values from
standard input, and prints ``{"errors": [], "warnings": []}`` with sentences. It imports nothing of
LocalStack, which would take a second.
"""

import difflib
import importlib.util
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from localstack_testbed.hooks.settings import SETTINGS, InvalidSettingError, unknown_settings

_NAME = re.compile(r'"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"')


def errors(given: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each setting of the extension that does not exist or is invalid."""
    yield from unknown_settings(given)
    for setting in SETTINGS:
        if setting.name in given:
            try:
                setting.value(given)
            except InvalidSettingError as error:
                yield str(error)


def warnings(given: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each name that is almost the name of a known variable.

    Any variable can be given, since init scripts and functions see them, too.
    """
    names = {*known, *(setting.name for setting in SETTINGS)}
    for name in given:
        if name not in names:
            similar = difflib.get_close_matches(name, sorted(names), n=1, cutoff=0.85)
            if similar:
                yield f"LocalStack has no setting {name}. Did you mean {similar[0]}?"


def localstack_settings() -> set[str]:
    """Return the names of LocalStack's configuration variables, as far as its source has them."""
    found = importlib.util.find_spec("localstack")
    names: set[str] = set()
    for folder in (found.submodule_search_locations or ()) if found else ():
        file = Path(folder) / "config.py"
        if file.is_file():
            names.update(_NAME.findall(file.read_text(encoding="utf-8")))
    return names


def main() -> None:
    """Check the settings on standard input."""
    given = json.load(sys.stdin)
    found = list(errors(given))
    known = localstack_settings()
    others = {name for name in given if not name.startswith(("TESTBED_", "LAMBDA_PROCESS_"))}
    likely = list(warnings(sorted(others), known)) if known else []
    print(json.dumps({"errors": found, "warnings": likely}))


if __name__ == "__main__":
    main()
