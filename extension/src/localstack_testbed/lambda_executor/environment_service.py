"""The state shared by all execution environments: settings, code store and supervisors."""

import tempfile
import threading
from functools import cache
from pathlib import Path

from localstack_testbed.lambda_executor.code_store import CodeStore
from localstack_testbed.lambda_executor.settings import Settings
from localstack_testbed.lambda_executor.supervisor_client import SupervisorClient


class EnvironmentService:
    """Holds the settings, the code store, and one supervisor per runtime.

    A supervisor is started on first use, and restarted if it has exited. ``directory`` is a new
    folder for the environments' files, which the supervisors delete.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = Path(tempfile.mkdtemp(prefix="lambda-environments-")).resolve()
        self.code = CodeStore(self.directory / "code")
        self.stopping = False
        self._lock = threading.Lock()
        self._supervisors: dict[str, SupervisorClient] = {}

    @staticmethod
    @cache
    def instance() -> "EnvironmentService":
        return EnvironmentService(Settings.from_environment())

    def supervisor(self, runtime: str) -> SupervisorClient:
        """Return a running supervisor for a runtime in the settings.

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
                supervisor = SupervisorClient(runtime, self.settings, self.directory)
                self._supervisors[runtime] = supervisor
            return supervisor

    def prepare(self) -> SupervisorClient:
        """Start the first runtime's supervisor ahead of time, and return it.

        Raises
        ------
        ConnectionError
            LocalStack is shutting down.
        """
        return self.supervisor(next(iter(self.settings.pythons)))

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
