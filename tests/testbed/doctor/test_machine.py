"""``testbed doctor`` on the processor, the disks and the kernel."""

from __future__ import annotations

import platform
import subprocess
from pathlib import Path

import pytest

from testbed.doctor import machine
from testbed.emulators.environments import environment_inputs
from testbed.machine.cache import location
from tests.testbed.doctor.doctoring import make_context, run


def test_functions_for_another_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = make_context(tmp_path)
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      CodeUri: .\n      Architectures: [arm64]\n"
    )
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    level, found, _ = run(machine.architecture, context)
    assert level == "warning"
    assert "the template has functions for arm64" in found
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert run(machine.architecture, context)[0] == "ok"
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert run(machine.architecture, context)[0] == "warning"


def test_docker_of_another_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = make_context(tmp_path)
    context.docker = {"Architecture": "x86_64"}
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert run(machine.docker_architecture, context)[0] == "warning"
    context.docker = {"Architecture": "aarch64"}
    assert run(machine.docker_architecture, context)[0] == "ok"


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = make_context(tmp_path)
    assert run(machine.state_disk, context)[0] == "ok"
    monkeypatch.setattr(machine, "_LEAST_FOR_STATE", 1 << 60)
    level, found, advice = run(machine.state_disk, context)
    assert level == "problem"
    assert "GB free" in found
    assert "--state" in advice


def test_state_that_cannot_be_written(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    (tmp_path / ".testbed").write_text("a file, and no folder")
    level, found, _ = run(machine.state_disk, context)
    assert level == "problem"
    assert "is not writable" in found


def test_few_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _kind: (256, 512))
    level, found, advice = run(machine.open_files, make_context(tmp_path))
    assert (level, found) == ("warning", "the limit is 256 for each process")
    assert "ulimit -n 4096" in advice


@pytest.mark.parametrize(
    ("answer", "level", "found"),
    [
        ("\n", "ok", "user namespaces are permitted"),
        ("unshare: Operation not permitted\n", "warning", "unshare: Operation not permitted"),
    ],
)
def test_isolation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, level: str, found: str
) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    context = make_context(tmp_path)
    assert "cannot be checked" in run(machine.isolation, context)[1]
    folder = location("runtime", environment_inputs()["runtime"])
    (folder / "lib" / "python3.13" / "site-packages").mkdir(parents=True)
    (folder / ".complete").touch()
    ended = subprocess.CompletedProcess([], 0, stdout=answer)
    monkeypatch.setattr(machine, "run", lambda *_arguments, **_options: ended)
    said = run(machine.isolation, context)
    assert said[0] == level
    assert found in said[1]
