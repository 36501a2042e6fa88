"""The benchmark of ``deploy``, with emulators that serve the project's files."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pytest

from benchmarks.deployments import benchmark
from benchmarks.deployments.benchmark import DeploymentBenchmark, Plan
from benchmarks.deployments.metrics import DeploymentMetric as Metric
from benchmarks.emulators import StartedEmulator
from benchmarks.metrics import Results
from testbed.errors import TestbedError
from tests.benchmarks.unusable import UnusableEmulator
from tests.conftest import ROOT


class Handler(BaseHTTPRequestHandler):
    """An API with the paths and the version that were deployed last."""

    def do_GET(self) -> None:
        server: Any = self.server
        content = server.version.encode()
        self.send_response(200 if self.path in server.paths else 403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no access log."""


class FakeEmulator(UnusableEmulator):
    """Deploys at once; with ``paths_fail``, not if the API has another path."""

    def __init__(self, name: str, scratch: Path, *, paths_fail: bool = False) -> None:
        super().__init__(ROOT, scratch)
        self.name = name
        self.deployments = 0
        self._paths_fail = paths_fail
        self._server: Any = None

    @contextmanager
    def watching(self, endpoint_url: str, project: Path) -> Iterator[None]:
        """Deploy what is saved."""
        ended = Event()

        def watch() -> None:
            while not ended.wait(0.01):
                self._read(project)

        thread = Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def started(self) -> Iterator[StartedEmulator]:
        """Serve the API."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self._server.version, self._server.paths = "", set()
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            url = f"http://127.0.0.1:{self._server.server_address[1]}"
            yield StartedEmulator(url, psutil.Process(os.getpid()), Path("python"))
        finally:
            self._server.shutdown()
            self._server.server_close()

    def deploy(self, endpoint_url: str, project: Path, *, described: bool = True) -> str:
        """Read what a deployment would bring to the API."""
        self.deployments += 1
        self._read(project)
        return endpoint_url if described else ""

    def _read(self, project: Path) -> None:
        template = (project / "template.yaml").read_text()
        paths = set(re.findall(r"Path: (/version|/round-[0-9]+)", template))
        if self._paths_fail and "/round-0" not in paths:
            raise TestbedError("Stage already exists")
        code = (project / "handlers" / "status_api.py").read_text()
        if found := re.findall('VERSION = "(.*)"', code):  # not while it is being written
            [self._server.version] = found
        self._server.paths = paths


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "_BETWEEN_SAVES_SECONDS", 0)


def measured(*emulators: FakeEmulator) -> Results:
    results = Results(tuple(emulator.name for emulator in emulators), Metric)
    DeploymentBenchmark(emulators, Plan(rounds=3, saves=2), results, lambda message: None).run()
    return results


def test_each_kind_of_change_is_measured(tmp_path: Path) -> None:
    emulators = FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path)
    results = measured(*emulators)
    assert not results.failures
    for emulator in emulators:
        counts = {metric.name: len(results.of(metric, emulator.name)) for metric in Metric}
        assert counts == {"FIRST": 1, "UNCHANGED": 3, "CODE": 3, "SAVED": 2, "PATH": 3}
        assert emulator.deployments == 10


def test_change_that_fails_is_a_result(tmp_path: Path) -> None:
    results = measured(FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path, paths_fail=True))
    assert results.reason(Metric.PATH, "B") == "Stage already exists"
    assert len(results.of(Metric.PATH, "A")) == 3


def test_change_that_never_shows_is_a_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(benchmark, "_LIMIT_SECONDS", 0.05)
    monkeypatch.setattr(benchmark.DeployedStack, "_body", lambda *_: "0")
    results = measured(FakeEmulator("A", tmp_path))
    assert "no new version at the API" in (results.reason(Metric.CODE, "A") or "")
