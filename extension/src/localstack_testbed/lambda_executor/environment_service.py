"""What all execution environments share: the settings, the code and the supervisor."""

import tempfile
import threading
from functools import cache
from pathlib import Path

from localstack_testbed.lambda_executor.code_store import CodeStore
from localstack_testbed.lambda_executor.settings import Settings
from localstack_testbed.lambda_executor.supervisor_client import SupervisorClient


class EnvironmentService:
    """Holds the settings, the code, and the supervisors, one for each runtime.

    A supervisor is started when it is needed, and again if it ended. ``directory`` is a new folder
    for the environments' files, which the supervisors delete.
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
        """Return a running supervisor for one of the runtimes in the settings.

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
        """End all environments, in the middle of an invocation too."""
        with self._lock:
            self.stopping = True
            for supervisor in self._supervisors.values():
                supervisor.stop()
