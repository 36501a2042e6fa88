"""Files that Python cannot compile, as a person reads about them."""

from __future__ import annotations

import os
import platform
import time
from pathlib import Path

import pytest

from testbed.watching import syntax
from testbed.watching.syntax import syntax_errors

_OWN = f"python{'.'.join(platform.python_version_tuple()[:2])}"


@pytest.fixture(params=["this Python", "another Python"])
def runtime(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "this Python":
        return _OWN
    monkeypatch.setattr(platform, "python_version_tuple", lambda: ("3", "99", "0"))
    return _OWN


def test_error_is_shown_with_its_line_and_caret(tmp_path: Path, runtime: str) -> None:
    file = tmp_path / "src" / "app.py"
    file.parent.mkdir()
    file.write_text("V = 1\ndef handler(event, context)\n    return V\n")
    [error] = syntax_errors([file], runtime, tmp_path, 0)
    assert error.message == "src/app.py:2 is not valid Python."
    assert error.details == (
        "    def handler(event, context)\n"
        "                               ^\n"
        "SyntaxError: expected ':'"
    )
    assert error.path == file


@pytest.mark.parametrize(
    "source",
    [
        b"\xff\xfe",
        b"a = '\0'",
        b"return 1",
        b"if 1:\n\tx = 1\n        y = 2\n",
        b"(" * 300 + b")" * 300,
    ],
    ids=["not UTF-8", "null byte", "outside of a function", "tabs and spaces", "too deep"],
)
def test_everything_that_cannot_be_compiled(tmp_path: Path, runtime: str, source: bytes) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(source)
    assert len(syntax_errors([file], runtime, tmp_path, 0)) == 1


def test_valid_files_and_others(tmp_path: Path, runtime: str) -> None:
    (tmp_path / "app.py").write_text('# -*- coding: latin-1 -*-\nX = "\\d"\n')  # a warning only
    (tmp_path / "page.html").write_text("<")
    files = [tmp_path / name for name in ("app.py", "page.html", "deleted.py")]
    assert syntax_errors(files, runtime, tmp_path, 0) == []


def test_only_new_files_of_a_folder(tmp_path: Path) -> None:
    """A package that the folder holds may be for Python 2."""
    (tmp_path / "broken.py").write_text("print 1")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "broken.py").write_text("print 1")
    assert len(syntax_errors([tmp_path], _OWN, tmp_path, time.time() - 60)) == 1
    assert not syntax_errors([tmp_path], _OWN, tmp_path, time.time() + 60)


def test_without_that_python_this_one_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syntax, "installed_interpreter", lambda version: None)
    (tmp_path / "app.py").write_text("def")
    assert len(syntax_errors([tmp_path / "app.py"], "python3.8", tmp_path, 0)) == 1


def test_file_outside_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def")
    [error] = syntax_errors([tmp_path / "app.py"], _OWN, tmp_path / "project", 0)
    assert error.message == f"{tmp_path}{os.sep}app.py:1 is not valid Python."
