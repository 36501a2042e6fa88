"""The Python interpreters that functions run on, by runtime."""

import logging
import os
import shlex
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from localstack_testbed.hooks.settings import InvalidSettingError
from localstack_testbed.lambda_executor.settings import Settings, packages_of

LOG = logging.getLogger(__name__)

# The command may download Python and the packages of an environment.
_COMMAND_SECONDS = 300.0
# A deployment creates several functions, and the reason for a failure is the same for all of them.
_RETRY_SECONDS = 30.0
_NOT_INSTALLED = "is not installed here"


@dataclass(frozen=True)
class Choice:
    """The runtime that executes functions of another one.

    Parameters
    ----------
    runtime
        The one that executes them, such as ``python3.13``.
    reason
        Why it is not the one that the function has, as the end of a sentence about that one; None
        if it is.
    """

    runtime: str
    reason: str | None = None


class Interpreters:
    """The interpreters in the settings, and those that the settings' command has found since.

    The command (``LAMBDA_PROCESS_PYTHON_COMMAND``) is run when a function has a runtime for which
    there is none yet. It prints the path of an interpreter; or it fails, and prints why.
    """

    def __init__(self, settings: Settings) -> None:
        self._pythons = dict(settings.pythons)
        self._command = settings.python_command
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[float, str]] = {}

    @property
    def default(self) -> str:
        """The runtime that executes functions whose own one is missing."""
        return next(iter(self._pythons))

    @property
    def pythons(self) -> Mapping[str, Path]:
        """The interpreters that are known, by runtime."""
        return dict(self._pythons)

    def choose(self, runtime: str) -> Choice:
        """Return which runtime executes functions of a runtime; find its interpreter if needed."""
        if runtime in self._pythons:
            return Choice(runtime)
        with self._lock:
            if runtime in self._pythons:  # found meanwhile
                return Choice(runtime)
            since, reason = self._failures.get(runtime, (0.0, ""))
            if not reason or time.monotonic() > since + _RETRY_SECONDS:
                found = self._find(runtime)
                if isinstance(found, Path):
                    self._pythons[runtime] = found
                    return Choice(runtime)
                reason = found
                self._failures[runtime] = (time.monotonic(), reason)
            return Choice(self.default, reason)

    def _find(self, runtime: str) -> Path | str:
        """Run the command; return the interpreter, or why there is none."""
        if not self._command:
            return _NOT_INSTALLED
        command = [*self._command, runtime]
        try:
            result = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_COMMAND_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            LOG.warning("LAMBDA_PROCESS_PYTHON_COMMAND failed: %s", error)
            return _NOT_INSTALLED
        answer = result.stdout.strip().rpartition("\n")[2]
        if result.returncode != 0:
            LOG.info("%s failed: %s", shlex.join(command), result.stderr.strip())
            return answer or _NOT_INSTALLED
        python = Path(answer)
        try:
            if os.access(python, os.X_OK) and packages_of(python).parent.name == runtime:
                return python
        except InvalidSettingError as error:
            LOG.warning("%s", error)
            return _NOT_INSTALLED
        LOG.warning("%s printed %s, which is no interpreter of it", shlex.join(command), answer)
        return _NOT_INSTALLED
