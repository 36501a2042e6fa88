"""The state shared by all execution environments: settings, interpreters, code, supervisors."""

import tempfile
import threading
from functools import cache
from pathlib import Path

from localstack_testbed.lambda_executor.code_store import CodeStore
from localstack_testbed.lambda_executor.interpreters import Choice, Interpreters
from localstack_testbed.lambda_executor.settings import Settings
from localstack_testbed.lambda_executor.supervisor_client import SupervisorClient


class EnvironmentService:
    """Holds the settings, the interpreters, the code store, and one supervisor per runtime.

    A supervisor is started on first use, and restarted if it has exited. ``directory`` is a new
    folder for the environments' files, which the supervisors delete.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.interpreters = Interpreters(settings)
        self.directory = Path(tempfile.mkdtemp(prefix="lambda-environments-")).resolve()
        self.code = CodeStore(self.directory / "code")
        self.stopping = False
        self._lock = threading.Lock()
        self._supervisors: dict[str, SupervisorClient] = {}
        self._choices: dict[str, Choice] = {}

    @staticmethod
    @cache
    def instance() -> "EnvironmentService":
        return EnvironmentService(Settings.from_environment())

    def choose(self, revision: str, runtime: str) -> Choice:
        """Choose which runtime executes a function version, and remember it.

        Its packages are for one version of Python, so the version stays on it even if an
        interpreter of its own runtime is found later.

        Parameters
        ----------
        revision
            The version's internal id, which each update changes.
        """
        choice = self._choices.get(revision)
        if choice is None:
            choice = self._choices[revision] = self.interpreters.choose(runtime)
        return choice

    def forget(self, revision: str) -> None:
        """Forget the runtime of a version that was deleted or replaced."""
        self._choices.pop(revision, None)

    def supervisor(self, runtime: str) -> SupervisorClient:
        """Return a running supervisor for a runtime that has an interpreter.

        Raises
        ------
        ConnectionError
            LocalStack is shutting down.
        """
        with self._lock:
            if self.stopping:
                raise ConnectionError("LocalStack is shutting down")
            supervisor = self._supervisors.get(runtime)
            if supervisor is None or not supervisor.running:
                supervisor = SupervisorClient(
                    runtime,
                    self.interpreters.pythons[runtime],
                    self.settings,
                    self.directory,
                )
                self._supervisors[runtime] = supervisor
            return supervisor

    def prepare(self) -> SupervisorClient:
        """Start the first runtime's supervisor ahead of time, and return it.

        Raises
        ------
        ConnectionError
            LocalStack is shutting down.
        """
        return self.supervisor(self.interpreters.default)

    def discard(self, runtime: str, temporary: Path) -> None:
        """Delete an environment's temporary folder."""
        with self._lock:
            supervisor = self._supervisors.get(runtime)
        if supervisor is not None:
            supervisor.discard(temporary)

    def stop(self) -> None:
        """Kill all environments, even during an invocation."""
        with self._lock:
            self.stopping = True
            for supervisor in self._supervisors.values():
                supervisor.stop()
