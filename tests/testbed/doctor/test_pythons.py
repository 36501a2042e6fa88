"""``testbed doctor`` on Python interpreters and environments."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from testbed.doctor import pythons
from testbed.emulators.environments import environment_inputs
from testbed.machine.cache import location
from tests.testbed.doctor.doctoring import make_context, run


def test_shim_of_pyenv_that_runs_nothing(tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3", "python3.13"):
        shim = shims / name
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
    context = make_context(tmp_path, PATH=str(shims))
    for check in (pythons.scripts_python, pythons.required_python):
        level, found, _ = run(check, context)
        assert level == "warning"
        assert "a shim of pyenv, does not run a Python" in found


def test_no_python3(tmp_path: Path) -> None:
    context = make_context(tmp_path, PATH=str(tmp_path))
    assert run(pythons.scripts_python, context)[:2] == ("warning", "not found")
    assert run(pythons.required_python, context)[0] == "ok"


def test_old_python3(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 3.8\n")
    python.chmod(0o755)
    level, found, _ = run(pythons.scripts_python, make_context(tmp_path, PATH=str(tmp_path)))
    assert (level, found) == ("warning", f"{python} is 3.8")


def test_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    context = make_context(tmp_path)
    for check in (pythons.localstack_environment, pythons.runtime_environment, pythons.extension):
        level, found, advice = run(check, context)
        assert level == "warning"
        assert found.startswith("not built yet")
        assert "network" in advice
    folder = location("runtime", environment_inputs()["runtime"])
    (folder / "bin").mkdir(parents=True)
    (folder / ".complete").touch()
    (folder / "bin" / "python").symlink_to(tmp_path / "removed")
    level, found, advice = run(pythons.runtime_environment, context)
    assert level == "problem"
    assert "cannot be run" in found
    assert f"rm -r {folder}" in advice


def test_packages_that_were_changed(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("click==0.1 --hash=sha256:" + "0" * 64 + "\n")
    assert pythons._difference(Path(sys.executable), lock).startswith("its packages differ from")


def test_runtimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = {"3.9": "/usr/bin/python3.9", "3.12": "/usr/bin/python3.12"}
    monkeypatch.setattr(pythons, "installed_interpreter", versions.get)
    level, found, _ = run(pythons.runtimes, make_context(tmp_path))
    assert level == "ok"
    assert found == (
        "python3.9, python3.12, python3.13 are installed; functions of python3.10, python3.11,"
        " python3.14 run on python3.13 unless uv can download that version"
    )
