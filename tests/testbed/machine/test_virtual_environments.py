"""Which Python virtual environments are made of, and what is said if there is none."""

from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from testbed.errors import EnvironmentBuildError
from testbed.machine.virtual_environments import NoPythonError, interpreter, run


def test_own_python_is_used_if_it_has_the_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "13", "1"))
    assert interpreter() == sys.executable


def test_python_of_pyenv_is_found_without_being_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "11", "7"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert interpreter() == "3.13"  # for uv to search for
    for version in ("3.12.1", "3.13.0"):
        python = tmp_path / "versions" / version / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.touch()
    assert interpreter() == str(python)
    assert interpreter("3.12") == str(tmp_path / "versions/3.12.1/bin/python")
    assert interpreter("3.11") == sys.executable


@pytest.mark.parametrize(
    "output",
    [
        "error: No interpreter found for Python 3.13 in managed installations or search path",
        "error: Failed to download `https://host/20261110/cpython-3.13.18-x86_64.tar.gz`",
    ],
)
def test_missing_python_is_named(output: str) -> None:
    with pytest.raises(NoPythonError, match=r"needs Python 3\.13") as raised:
        run(["/bin/sh", "-c", f"echo '{output}'; exit 2"])
    assert raised.value.details == output
    assert "Install Python 3.13" in raised.value.advice


def test_other_failures_carry_the_output() -> None:
    with pytest.raises(EnvironmentBuildError, match="failed with exit status 3") as raised:
        run(["/bin/sh", "-c", "echo no such package; exit 3"])
    assert raised.value.details == "no such package"
