"""Where the tests' emulators begin."""

from contextlib import AbstractContextManager
from pathlib import Path

from benchmarks.emulators import Emulator, Running, Started


class UnusableEmulator(Emulator):
    """Can neither be started nor have the pipeline deployed, until a test's emulator says how."""

    def started(self) -> AbstractContextManager[Started]:
        """Is not expected."""
        raise NotImplementedError

    def deployed(self, sites: Path) -> AbstractContextManager[Running]:
        """Is not expected."""
        raise NotImplementedError
