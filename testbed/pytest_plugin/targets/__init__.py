"""The targets of test runs: a module for each value of ``--testbed-target``.

A target knows how to start it, how its functions reach tests' websites, and which of the testbed's
features it does not have, and why.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

if TYPE_CHECKING:
    from testbed.pytest_plugin.configuration import Configuration
    from testbed.pytest_plugin.running import RunningTestbed

NAMES = ("localstack", "docker", "ministack", "aws")


class Target(ABC):
    """A kind of place where tests run."""

    takes_endpoint: ClassVar[bool] = False
    """Whether a running one can be used, by its endpoint's URL."""

    takes_workers: ClassVar[bool] = True
    """Whether each of several test processes can start its own."""

    @abstractmethod
    def running(
        self, configuration: Configuration, state: Path
    ) -> AbstractContextManager[RunningTestbed]:
        """Start the target, and stop it at the end; or use the one that runs.

        Parameters
        ----------
        state
            The folder for the target's files.

        Raises
        ------
        TestbedError
            If it does not start.
        """


def target_of(name: str | None) -> Target:
    """Return the target with a name in :data:`NAMES` (LocalStack if None), importing its module."""
    return cast(Target, import_module(f"{__name__}.{name or NAMES[0]}").TARGET)
