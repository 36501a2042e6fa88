"""Tracebacks of functions, with the paths of the project's files."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.project.own_frames import own_frames

STACK = [
    '  File "/var/task/app.py", line 9, in fail',
    "    inner(event)",
    '  File "/var/task/lib/inner.py", line 6, in inner',
    "    return json.loads(event)",
    "           ~~~~~~~~~~^^^^^^^",
    '  File "/var/lang/lib/python3.13/json/__init__.py", line 346, in loads',
    "    return _default_decoder.decode(s)",
    '  File "/var/task/requests/api.py", line 3, in get',
    "    request()",
    '  File "/var/task/app.py", line 12, in hook',
]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    folder = tmp_path / "project" / "src"
    (folder / "lib").mkdir(parents=True)
    (folder / "app.py").touch()
    (folder / "lib" / "inner.py").touch()
    return folder


def test_paths_of_the_project(code: Path) -> None:
    assert own_frames(STACK, code, code.parent) == [
        '  File "src/app.py", line 9, in fail',
        "    inner(event)",
        '  File "src/lib/inner.py", line 6, in inner',
        "    return json.loads(event)",
        "           ~~~~~~~~~~^^^^^^^",
        "  … 2 in libraries",
        '  File "src/app.py", line 12, in hook',
    ]


def test_function_that_is_not_isolated_has_another_folder(code: Path) -> None:
    stack = ['  File "/tmp/code-1/app.py", line 9, in fail']
    elsewhere = code / "lib"
    assert own_frames(stack, code, elsewhere) == [f'  File "{code}/app.py", line 9, in fail']


def test_code_that_is_not_in_the_project(code: Path) -> None:
    shown = own_frames(STACK, None, code)
    assert shown[0] == STACK[0]
    assert "  … 1 in libraries" in shown
    assert len([line for line in shown if "/var/task/" in line]) == 4


def test_lines_of_other_languages_stay(code: Path) -> None:
    stack = ["at handler (index.mjs:3:9)", *STACK[:2], "at end"]
    assert own_frames(stack, code, code.parent)[0] == stack[0]
    assert own_frames(stack, code, code.parent)[-1] == "at end"
    assert own_frames([], code, code) == []
