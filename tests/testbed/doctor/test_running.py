"""``testbed doctor`` on the running testbed and its port."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from testbed.doctor import running
from testbed.emulators.instance import Instance
from testbed.errors import DockerError
from testbed.machine import ports
from tests.testbed.doctor.doctoring import make_context, record, run
from tests.testbed.instances import running_instance


def test_free_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    context = make_context(tmp_path, TESTBED_PORT=str(number))
    context.docker = DockerError("none")
    assert run(running.port, context)[:2] == ("ok", f"{number} is free")


def test_port_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = make_context(tmp_path)
    context.docker = DockerError("none")
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    monkeypatch.setattr(running, "_is_localstack", lambda _url: True)
    level, found, advice = run(running.port, context)
    assert level == "warning"
    assert found.startswith("Port 4566 on 127.0.0.1 is in use")
    assert found.endswith("; a LocalStack answers there")
    assert "TESTBED_PORT" in advice


def test_port_of_this_testbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = make_context(tmp_path)
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with running_instance("http://127.0.0.1:4566") as made:
        record(context.state, made)
        assert run(running.port, context)[:2] == ("ok", "4566 is used by this testbed")


def test_invalid_port(tmp_path: Path) -> None:
    context = make_context(tmp_path, TESTBED_PORT="http")
    assert run(running.port, context)[:2] == ("warning", "TESTBED_PORT=http is not a port")


def test_testbed_that_has_died(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    assert run(running.testbed, context)[0] == "ok"
    record(context.state, Instance(os.getpid(), "another process", "http://127.0.0.1:4566"))
    level, found, advice = run(running.testbed, context)
    assert level == "warning"
    assert "has crashed" in found
    assert "testbed down" in advice


def test_testbed_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and does not listen
        context = make_context(tmp_path)
        with running_instance(f"http://127.0.0.1:{unused.getsockname()[1]}") as made:
            record(context.state, made)
            level, found, advice = run(running.testbed, context)
    assert level == "problem"
    assert "does not answer" in found
    assert "testbed down" in advice
