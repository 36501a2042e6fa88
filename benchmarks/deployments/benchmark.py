"""The command ``deploy``: how long a change takes from ``testbed deploy`` until it is live."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import requests

from benchmarks.benchmark import Benchmark
from benchmarks.deployments.metrics import DeploymentMetric as Metric
from benchmarks.deployments.project import ChangingProject
from benchmarks.emulators import Emulator, StartedEmulator
from benchmarks.metrics import Results
from testbed.demo.status_api import StatusApi
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until

# An emulator that takes longer counts as one that cannot do it.
_LIMIT_SECONDS = 60.0
_PACE_SECONDS = 0.01
# Nobody saves files without a pause; in this one, log lines and chains are shown.
_BETWEEN_SAVES_SECONDS = 0.5


@dataclass(frozen=True)
class Plan:
    """How often to measure.

    Parameters
    ----------
    rounds
        Deployments of each kind.
    saves
        Files that are saved while ``testbed watch`` runs.
    """

    rounds: int = 20
    saves: int = 100


class DeploymentBenchmark(Benchmark[Plan, Results]):
    """The benchmark of one command."""

    def run(self) -> None:
        """Measure everything; a failure of an emulator becomes part of the results."""
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            stacks = self._start_all(
                stack,
                Metric.FIRST,
                lambda emulator, started: DeployedStack(emulator, started, folder / emulator.name),
            )
            for each in list(stacks):
                with self._recording_failure(Metric.FIRST, each.emulator):
                    try:
                        seconds = each.deploy_first(stack)
                        self._results.add(Metric.FIRST, each.emulator.name, seconds)
                    except TestbedError:
                        stacks.remove(each)
                        raise
            rounds = range(1, self._plan.rounds + 1)
            for number in rounds:
                self._report(f"code {number} of {self._plan.rounds}")
                change = partial(DeployedStack.change_code, number=number)
                self._measure(stacks, Metric.UNCHANGED, DeployedStack.deploy)
                self._measure(stacks, Metric.CODE, change)
            self._measure_saves(stacks)
            for number in rounds:
                self._report(f"API path {number} of {self._plan.rounds}")
                change = partial(DeployedStack.change_path, number=number)
                self._measure(stacks, Metric.PATH, change)

    def _measure_saves(self, stacks: list[DeployedStack]) -> None:
        """Save a handler again and again, with one emulator at a time."""
        for each in stacks if self._plan.saves else ():
            with self._recording_failure(Metric.SAVED, each.emulator), each.watching():
                for number in range(1, self._plan.saves + 1):
                    self._report(f"{each.emulator.name}: save {number} of {self._plan.saves}")
                    self._results.add(Metric.SAVED, each.emulator.name, each.save(number))

    def _measure(
        self,
        stacks: list[DeployedStack],
        metric: Metric,
        measure: Callable[[DeployedStack], float],
    ) -> None:
        for each in stacks:
            if self._results.reason(metric, each.emulator.name):
                continue  # it cannot do this
            with self._recording_failure(metric, each.emulator):
                self._results.add(metric, each.emulator.name, measure(each))


class DeployedStack:
    """The stack of an emulator, and the project that it is deployed from.

    Parameters
    ----------
    folder
        Where the project is copied to.
    """

    def __init__(self, emulator: Emulator, started: StartedEmulator, folder: Path) -> None:
        self.emulator = emulator
        self._endpoint_url = started.endpoint_url
        self._project = ChangingProject(emulator.project, folder)
        self._api = StatusApi("")

    def deploy_first(self, stack: ExitStack) -> float:
        """Create the stack; return the seconds it took.

        Parameters
        ----------
        stack
            Closes the connection to the API in the end.
        """
        started = time.perf_counter()
        url = self.emulator.deploy(self._endpoint_url, self._project.folder)
        seconds = time.perf_counter() - started
        self._api = stack.enter_context(StatusApi(url))
        self._wait(lambda: self._body("/version") == "0", "answer of the API")
        return seconds

    def deploy(self) -> float:
        """Deploy the project; return the seconds until the command has exited."""
        started = time.perf_counter()
        self.emulator.deploy(self._endpoint_url, self._project.folder, described=False)
        return time.perf_counter() - started

    def change_code(self, number: int) -> float:
        """Change a line of a handler; return the seconds until the API answers with it."""
        self._project.change_version(str(number))
        return self._until_live(lambda: self._body("/version") == str(number))

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Run ``testbed watch`` while the block runs."""
        with self.emulator.watching(self._endpoint_url, self._project.folder):
            yield

    def save(self, number: int) -> float:
        """Change a line of a handler; return the seconds until the API answers with it."""
        version = f"saved-{number}"
        time.sleep(_BETWEEN_SAVES_SECONDS)
        started = time.perf_counter()
        self._project.change_version(version)
        self._wait(lambda: self._body("/version") == version, "new version at the API")
        return time.perf_counter() - started

    def change_path(self, number: int) -> float:
        """Replace a path of the API; return the seconds until the new one answers."""
        path = f"/round-{number}"
        self._project.change_path(path)
        return self._until_live(lambda: self._body(path) is not None)

    def _until_live(self, is_live: Callable[[], bool]) -> float:
        with ThreadPoolExecutor(1) as pool:
            started = time.perf_counter()
            deployment = pool.submit(self.deploy)
            self._wait(lambda: is_live() or _failed(deployment), "new version at the API")
            seconds = time.perf_counter() - started
            deployment.result()
        return seconds

    def _body(self, path: str) -> str | None:
        """Return what the API answers, or None if it does not succeed."""
        try:
            response = self._api.send("GET", path)
        except requests.RequestException:
            return None
        return response.text if response.ok else None

    @staticmethod
    def _wait(condition: Callable[[], bool], what: str) -> None:
        try:
            until(condition, within=_LIMIT_SECONDS, what=what, pace=_PACE_SECONDS)
        except WaitedTooLong as error:
            raise TestbedError(str(error)) from error


def _failed(deployment: Future[float]) -> bool:
    return deployment.done() and deployment.exception() is not None
