"""Where tests can run: a module for each target, of the name that ``--testbed-target`` takes.

A target says how it starts, how its functions reach websites of tests, and what of the testbed's
own facilities it has not, and why.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

if TYPE_CHECKING:
    from testbed.pytest_plugin.plan import Plan
    from testbed.pytest_plugin.running import RunningTestbed

NAMES = ("localstack", "docker", "ministack", "aws")


class Target(ABC):
    """Where tests run."""

    takes_endpoint: ClassVar[bool] = False
    """Whether one that runs already can be used, by its endpoint's URL."""

    takes_workers: ClassVar[bool] = True
    """Whether each of several test processes can have one of its own."""

    @abstractmethod
    def running(self, plan: Plan, state: Path) -> AbstractContextManager[RunningTestbed]:
        """Start it, and stop it at the end with all that was made; or use the one that runs.

        Parameters
        ----------
        state
            A folder for its files.

        Raises
        ------
        TestbedError
            If it does not start.
        """


def target_of(name: str) -> Target:
    """Return the target of a name among :data:`NAMES`. What it needs is imported now."""
    return cast(Target, import_module(f"{__name__}.{name}").TARGET)
