"""The settings of the executor, from environment variables."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The AWS SDK, and what the runtime imports. Not its native client (runtime_client), which does not
# work in a process that was forked after its import.
PRELOAD = "boto3 boto3.s3.inject http.client simplejson"


class SettingsError(Exception):
    """A setting is missing or cannot be right; the message says which and what to do."""


@dataclass(frozen=True)
class Settings:
    """Where functions run.

    ``python`` is the interpreter of the functions' environment (``LAMBDA_PROCESS_PYTHON``),
    ``preload`` the modules it imports ahead of time (``LAMBDA_PROCESS_PRELOAD``).
    """

    python: Path
    preload: tuple[str, ...]

    @property
    def packages(self) -> Path:
        """Where the functions' environment keeps the runtime's packages."""
        prefix = self.python.parent.parent
        return next(prefix.glob("lib/python3.*/site-packages"), prefix)

    @classmethod
    def from_environment(cls, variables: Mapping[str, str] = os.environ) -> "Settings":
        value = variables.get("LAMBDA_PROCESS_PYTHON", "")
        if not value:
            raise SettingsError(
                "LAMBDA_PROCESS_PYTHON is not set: set it to the Python 3.13 interpreter of an "
                "environment that has boto3 and awslambdaric, in which Lambda functions will run"
            )
        if not os.access(value, os.X_OK):
            raise SettingsError(
                f"LAMBDA_PROCESS_PYTHON={value} is no program: set it to the interpreter of an "
                "environment that has boto3 and awslambdaric"
            )
        preload = variables.get("LAMBDA_PROCESS_PRELOAD", PRELOAD)
        return cls(python=Path(value).absolute(), preload=tuple(preload.split()))
