"""The secret that calls which change or stop an emulator require.

Our extension of LocalStack writes a new one at each start (``localstack_testbed.access``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError

HEADER = "X-Testbed-Secret"
VARIABLE = "TESTBED_CONTROL_SECRET"
"""The environment variable with the secret of an emulator."""
FILE_VARIABLE = "TESTBED_CONTROL_SECRET_FILE"
"""The environment variable with the file that an emulator writes its secret to."""

FILE = "control-secret"
"""The name of that file in a state folder, and in ``/var/lib/localstack`` of a container."""


@dataclass(frozen=True)
class ControlSecret:
    """A secret, and where it was found."""

    value: str
    source: str


def read(file: Path) -> ControlSecret | None:
    """Return the secret in a file, or None if there is no such file.

    Raises
    ------
    TestbedError
        If the file cannot be read.
    """
    try:
        return ControlSecret(file.read_text(encoding="ascii").strip(), str(file))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise TestbedError(
            f"The control secret in {file} cannot be read: {error}.",
            advice="Only the user who started the emulator can read it.",
        ) from error


def from_environment() -> ControlSecret | None:
    """Return the secret that the environment variables name, if they do.

    Raises
    ------
    TestbedError
        If they name a file that cannot be read.
    """
    if value := os.environ.get(VARIABLE):
        return ControlSecret(value, VARIABLE)
    if file := os.environ.get(FILE_VARIABLE):
        return read(Path(file))
    return None
