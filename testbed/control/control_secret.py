"""The secret that is required by requests that change or stop an emulator.

The extension of LocalStack writes a new one at each start (``localstack_testbed.access``).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import TestbedError

HEADER = "X-Testbed-Secret"
VARIABLE = "TESTBED_CONTROL_SECRET"
"""The environment variable with the secret."""
FILE_VARIABLE = "TESTBED_CONTROL_SECRET_FILE"
"""The environment variable with the path of the file that has the secret."""

FILE = "control-secret"
"""The name of the file, in the state folder or in ``/var/lib/localstack`` of a container."""


@dataclass(frozen=True)
class ControlSecret:
    """A secret, and the file or variable that it was read from."""

    value: str
    source: str


def read(file: Path) -> ControlSecret | None:
    """Return the secret in a file, or None if the file does not exist.

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
            f"The control secret {file} cannot be read: {error}.",
            advice="Only the user who started the emulator can read it.",
        ) from error


def from_environment() -> ControlSecret | None:
    """Return the secret from the environment variables, or None if they are not set.

    Raises
    ------
    TestbedError
        If the file cannot be read.
    """
    if value := os.environ.get(VARIABLE):
        return ControlSecret(value, VARIABLE)
    if file := os.environ.get(FILE_VARIABLE):
        return read(Path(file))
    return None
