"""Environments of Python runtimes: which functions run on their own version, and why not."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from testbed.emulators import runtimes
from testbed.emulators.runtimes import Choice, choose
from testbed.errors import EnvironmentBuildError
from testbed.machine import virtual_environments
from testbed.machine.virtual_environments import NoPythonError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "the cache"
    monkeypatch.setenv("TESTBED_CACHE", str(folder))
    return folder


def created(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> list[str]:
    """Replace the creation of environments; return the list of versions, filled later."""
    versions: list[str] = []

    def create(target: Path, _lock: Path, version: str) -> None:
        versions.append(version)
        if error is not None:
            raise error
        (target / "bin").mkdir(parents=True)

    monkeypatch.setattr(virtual_environments, "create", create)
    monkeypatch.setattr(runtimes, "ensure_debugger", lambda *_: None)
    return versions


def test_environment_is_built_once(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    versions = created(monkeypatch)
    messages: list[str] = []
    for _ in range(2):
        assert choose("python3.12", messages.append) == Choice("python3.12")
    assert versions == ["3.12"]
    assert messages == ["building runtime-py312"]
    assert [each.name[:14] for each in cache.iterdir() if each.is_dir()] == ["runtime-py312-"]


def test_default_runtime_needs_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    versions = created(monkeypatch)
    assert choose("python3.13", print) == Choice("python3.13")
    assert versions == []


@pytest.mark.parametrize(
    ("runtime", "error", "reason"),
    [
        ("python3.14", NoPythonError("none"), "is not installed here"),
        ("python3.8", None, "is not available here"),
        (
            "python3.12",
            EnvironmentBuildError("no network"),
            "is installed here, but whose packages could not be installed",
        ),
    ],
)
def test_functions_run_on_the_default_runtime_otherwise(
    monkeypatch: pytest.MonkeyPatch, runtime: str, error: Exception | None, reason: str
) -> None:
    created(monkeypatch, error)
    assert choose(runtime, lambda _: None) == Choice("python3.13", reason)


def test_program_prints_the_interpreter_or_the_reason(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    created(monkeypatch)
    monkeypatch.setattr(sys, "argv", ["runtimes", "python3.11"])
    runtimes.main()
    assert capsys.readouterr().out.endswith("/bin/python\n")
    created(monkeypatch, NoPythonError("none", details="what uv printed"))
    monkeypatch.setattr(sys, "argv", ["runtimes", "python3.14"])
    with pytest.raises(SystemExit) as ended:
        runtimes.main()
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == "is not installed here\n"
    assert "what uv printed" in printed.err


def test_command_has_what_localstack_does_not_inherit(
    monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    monkeypatch.setenv("PYENV_ROOT", "/some/pyenv")
    words = shlex.split(runtimes.command())
    assert words[:3] == ["env", "-u", "PYTHONPATH"]
    assert {f"TESTBED_CACHE={cache}", "PYENV_ROOT=/some/pyenv", sys.executable} <= set(words)
