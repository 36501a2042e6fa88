"""The benchmark of ``up``, with emulators that are an HTTP server."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import pytest
import requests
import yaml

from benchmarks.emulators import DeployedPipeline
from benchmarks.metrics import Results
from benchmarks.pipeline import benchmark
from benchmarks.pipeline.benchmark import PipelineBenchmark, Plan, empty_caches
from benchmarks.pipeline.metrics import PipelineMetric as Metric
from testbed.errors import StartError
from tests.benchmarks.unusable import UnusableEmulator


class Handler(BaseHTTPRequestHandler):
    """An API that checks the website itself, at once."""

    protocol_version = "HTTP/1.1"
    site: dict[str, Any]
    incident: str | None

    def do_GET(self) -> None:
        server: Any = self.server
        status = server.incident
        self._answer(200, {"incidents": [{"status": status}] if status else []})

    def do_POST(self) -> None:
        server: Any = self.server
        self.rfile.read(int(self.headers["Content-Length"]))
        with requests.Session() as session:
            session.trust_env = False
            found = session.get(server.site["url"], timeout=10)
        if not found.ok:
            server.incident = "OPEN"
        elif server.incident:
            server.incident = "CLOSED"
        self._answer(server.checks_status, {})

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep no access log."""


class FakeEmulator(UnusableEmulator):
    """Starts at once."""

    def __init__(self, name: str, scratch: Path, checks_status: int = 202) -> None:
        super().__init__(scratch, scratch)
        self.name = name
        self.starts = 0
        self.running = 0
        self._checks_status = checks_status

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[DeployedPipeline]:
        """Serve the API."""
        server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads, server.block_on_close = True, False
        server.checks_status = self._checks_status
        server.incident = None
        [server.site] = yaml.safe_load(sites.read_text())["sites"]
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        self.starts, self.running = self.starts + 1, self.running + 1
        try:
            url = f"http://127.0.0.1:{server.server_address[1]}"
            yield DeployedPipeline(url, psutil.Process(os.getpid()))
        finally:
            server.shutdown()
            server.server_close()
            self.running -= 1


class BrokenEmulator(FakeEmulator):
    """Does not start."""

    @contextmanager
    def deployed(self, sites: Path) -> Iterator[DeployedPipeline]:
        """Fail."""
        self.starts += 1
        raise StartError("It did not start.", details="no\n  reason")
        yield


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "_SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(benchmark, "_PAUSE_SECONDS", 0.0)


def measured(*emulators: FakeEmulator, **plan: Any) -> tuple[Results, list[str]]:
    results = Results(tuple(emulator.name for emulator in emulators), Metric)
    reported: list[str] = []
    chosen = Plan(**{"starts": 2, "rounds": 3, "silent_rounds": 1, "silence": 0.0, **plan})
    PipelineBenchmark(emulators, chosen, results, reported.append).run()
    return results, reported


def test_everything_is_measured_in_turn(tmp_path: Path) -> None:
    emulators = FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path)
    results, reported = measured(*emulators)
    assert not results.failures
    for name in "AB":
        counts = {metric: len(results.of(metric, name)) for metric in Metric}
        assert counts[Metric.START] == counts[Metric.FIRST_INCIDENT] == 2
        assert counts[Metric.INCIDENT] == counts[Metric.END_OF_INCIDENT] == 3
        assert counts[Metric.INCIDENT_AFTER_SILENCE] == 1
        assert counts[Metric.IDLE_RSS] == 2
        assert counts[Metric.BUSY_RSS] == 1
        assert counts[Metric.COLD_START] == 0
    assert [line for line in reported if line.startswith("start ")] == [
        f"start {number} of 2: {name}" for number in (1, 2) for name in "AB"
    ]
    # Uncounted, counted twice, and for the checks; all stopped.
    assert [(emulator.starts, emulator.running) for emulator in emulators] == [(4, 0)] * 2


def test_what_does_not_start_is_reported_and_left_out(tmp_path: Path) -> None:
    broken = BrokenEmulator("B", tmp_path)
    results, _ = measured(FakeEmulator("A", tmp_path), broken)
    assert results.reason(Metric.START, "B") == "It did not start. no reason"
    assert broken.starts == 1
    assert len(results.of(Metric.INCIDENT, "A")) == 3


def test_pipeline_that_rejects_checks_is_reported(tmp_path: Path) -> None:
    emulators = FakeEmulator("A", tmp_path), FakeEmulator("B", tmp_path, checks_status=500)
    results, _ = measured(*emulators)
    assert "500" in (results.reason(Metric.INCIDENT, "B") or "")
    assert not results.of(Metric.INCIDENT, "B")
    assert len(results.of(Metric.START, "B")) == 2
    assert len(results.of(Metric.INCIDENT, "A")) == 3
    assert [emulator.running for emulator in emulators] == [0, 0]


def test_cold_start_is_measured_once(tmp_path: Path) -> None:
    results, _ = measured(FakeEmulator("A", tmp_path), starts=1, cold=True)
    assert len(results.of(Metric.COLD_START, "A")) == 1


def test_empty_caches_are_ours_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", "/before")
    monkeypatch.delenv("UV_CACHE_DIR", raising=False)
    with empty_caches():
        folders = [Path(os.environ[name]) for name in ("TESTBED_CACHE", "UV_CACHE_DIR")]
        assert folders[0] != folders[1]
        assert not any(folder.exists() for folder in folders)
        folders[0].mkdir()
    assert not folders[0].exists()
    assert os.environ["TESTBED_CACHE"] == "/before"
    assert "UV_CACHE_DIR" not in os.environ
