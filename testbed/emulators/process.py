"""An emulator as a child process: started, awaited until it is ready, and stopped."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.control.endpoint import Endpoint, json_object
from testbed.emulators.state_folder import open_private
from testbed.errors import StartError, TestbedError
from testbed.machine.file_errors import advice_on_output
from testbed.machine.processes import terminate_tree
from testbed.machine.waiting import WaitedTooLong, until

_ANSWER_SECONDS = 5.0
_LOG_LINES_SHOWN = 25


@dataclass(frozen=True)
class EmulatorProcess:
    """The process of an emulator.

    Parameters
    ----------
    name
        The emulator's name, for messages.
    log
        The file that receives its output.
    """

    name: str
    endpoint_url: str
    log: Path
    child: subprocess.Popen[bytes]

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        variables: Mapping[str, str],
        *,
        endpoint_url: str,
        folder: Path,
        log: Path,
    ) -> EmulatorProcess:
        """Start a process, which does not end with this one.

        Parameters
        ----------
        variables
            All of its environment variables.
        folder
            Its working directory.
        """
        with open_private(log) as output:
            child = subprocess.Popen(
                command,
                env=dict(variables),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C in the terminal is for the command, not for it
            )
        return cls(name, endpoint_url, log, child)

    def await_answer(
        self,
        path: str,
        *,
        within: float,
        what: str,
        is_ready: Callable[[dict[str, Any]], bool] = lambda answer: True,
        every: float = 0.01,
    ) -> dict[str, Any]:
        """Poll an endpoint of the emulator until it is ready, and return its JSON object.

        Parameters
        ----------
        within
            The limit, in seconds.
        what
            What is waited for, as a noun for the error's message.
        is_ready
            Returns whether an answer is the one that is waited for.
        every
            The first pause between requests, in seconds.

        Raises
        ------
        StartError
            If the process exits or the limit passes.
        """
        endpoint = Endpoint(self.endpoint_url, find_secret=lambda: None)

        def ready() -> list[dict[str, Any]]:
            if self.has_exited:
                raise self._error(f"{self.name} exited with status {self.child.returncode}.")
            try:
                response = endpoint.send("GET", path, answer_within=_ANSWER_SECONDS)
            except TestbedError:  # it does not answer yet
                return []
            answer = json_object(response)
            return [answer] if response.ok and answer is not None and is_ready(answer) else []

        try:
            [answer] = until(ready, within=within, what=what, every=every)
        except WaitedTooLong as error:
            raise self._error(str(error)) from error
        return answer

    @property
    def has_exited(self) -> bool:
        """Whether the process has exited."""
        return self.child.poll() is not None

    def stop(self) -> None:
        """Terminate it with all its descendants, and wait for it."""
        terminate_tree(self.child.pid)
        self.child.wait()

    def log_tail(self) -> str:
        """Return the last lines of its output."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])

    def _error(self, message: str) -> StartError:
        tail = self.log_tail()
        return StartError(
            message,
            advice=advice_on_output(tail, self.log.parent) or f"Its log is {self.log}.",
            details=tail,
        )
