"""Check of the settings of LocalStack and the extension that a user gives.

The extension knows its settings (``localstack_testbed.hooks.given_settings``), so that it is asked,
by the Python of an environment in which it can be imported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from testbed.emulators.environments import PythonEnvironments, extension_source
from testbed.errors import StartError

_LIMIT_SECONDS = 30.0
# The extension requires it. https://peps.python.org/pep-0695/
_EXTENSION_PYTHON = (3, 12)


def check_settings(
    settings: Mapping[str, str], environments: PythonEnvironments | None = None
) -> list[str]:
    """Check settings, and return a warning for each name that is likely to be misspelled.

    Parameters
    ----------
    settings
        Environment variables for LocalStack.
    environments
        Those of a LocalStack process; None if LocalStack runs in a container: then its own settings
        are not known, and nothing is checked on Python 3.11.

    Raises
    ------
    StartError
        If the extension has no such setting, or the value of one is invalid.
    """
    if not settings or (environments is None and sys.version_info < _EXTENSION_PYTHON):
        return []
    if environments is None:
        python, path = Path(sys.executable), extension_source() / "src"
    else:
        python, path = environments.localstack_python, environments.extension
    checked = subprocess.run(
        [str(python), "-m", "localstack_testbed.hooks.given_settings"],
        env={**os.environ, "PYTHONPATH": str(path)},
        input=json.dumps(dict(settings)),
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=True,
    )
    found = json.loads(checked.stdout)
    if found["errors"]:
        raise StartError(
            "\n".join(found["errors"]),
            advice="docs/extension.md lists the settings. LocalStack was not started.",
        )
    warnings: list[str] = found["warnings"]
    return warnings
