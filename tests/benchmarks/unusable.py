"""Where the tests' emulators begin."""

from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.emulators import DeployedPipeline, Emulator, StartedEmulator


class UnusableEmulator(Emulator):
    """Can neither be started nor have the pipeline deployed, until a test's emulator says how."""

    def started(self) -> AbstractContextManager[StartedEmulator]:
        """Is not expected."""
        raise NotImplementedError

    def deployed(self, sites: Path) -> AbstractContextManager[DeployedPipeline]:
        """Is not expected."""
        raise NotImplementedError
