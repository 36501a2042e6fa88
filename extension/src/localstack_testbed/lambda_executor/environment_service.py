"""What all execution environments share: the settings, the code and the supervisor."""

import tempfile
import threading
from functools import cache
from pathlib import Path

from localstack_testbed.lambda_executor.code_store import CodeStore
from localstack_testbed.lambda_executor.settings import Settings
from localstack_testbed.lambda_executor.supervision import Supervisor


class EnvironmentService:
    """Holds the settings, the code, and the supervisor: started when needed, and again if it ended.

    ``directory`` is a new folder for the environments' files; the supervisor deletes it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.directory = Path(tempfile.mkdtemp(prefix="lambda-environments-")).resolve()
        self.code = CodeStore(self.directory / "code")
        self.stopping = False
        self._lock = threading.Lock()
        self._supervisor: Supervisor | None = None

    @staticmethod
    @cache
    def instance() -> "EnvironmentService":
        return EnvironmentService(Settings.from_environment())

    def supervisor(self) -> Supervisor:
        """Return a running supervisor.

        Raises
        ------
        ConnectionError
            LocalStack is shutting down.
        """
        with self._lock:
            if self.stopping:
                raise ConnectionError("LocalStack is shutting down")
            if self._supervisor is None or not self._supervisor.running:
                settings = self.settings
                self._supervisor = Supervisor(settings.python, settings.preload, self.directory)
            return self._supervisor

    def stop(self) -> None:
        """End all environments, in the middle of an invocation too."""
        with self._lock:
            self.stopping = True
            if self._supervisor is not None:
                self._supervisor.stop()
