from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from testbed.packaging import package


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("TESTBED_CACHE", str(folder))
    return folder


def code(folder: Path, modified: float) -> Path:
    (folder / "inner" / "__pycache__").mkdir(parents=True)
    for name, text in {
        "b.py": "B = 1\n", "inner/a.py": "A = 2\n", "inner/__pycache__/a.pyc": "x", ".hidden": "x",
    }.items():  # fmt: skip
        (folder / name).write_text(text)
        os.utime(folder / name, (modified, modified))
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    return folder


def test_same_code_gives_the_same_bytes(tmp_path: Path, cache: Path) -> None:
    messages: list[str] = []
    first = package(code(tmp_path / "one", 1e9), "x86_64", messages.append)
    content = first.path.read_bytes()
    first.path.unlink()
    second = package(code(tmp_path / "two", 1.5e9), "x86_64", messages.append)
    assert second.digest == first.digest
    assert second.path.read_bytes() == content
    assert messages == ["packaging one", "packaging two"]


def test_package_holds_the_code_and_nothing_else(tmp_path: Path, cache: Path) -> None:
    built = package(code(tmp_path / "one", 1e9), "x86_64", lambda _: None)
    with zipfile.ZipFile(built.path) as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
    assert modes == {"b.py": 0o644, "inner/a.py": 0o644, "run.sh": 0o755}


def test_unchanged_code_is_packaged_once(tmp_path: Path, cache: Path) -> None:
    messages: list[str] = []
    folder = code(tmp_path / "one", 1e9)
    package(folder, "x86_64", messages.append)
    package(folder, "x86_64", messages.append)
    assert messages == ["packaging one"]


def test_changed_code_is_another_package(tmp_path: Path, cache: Path) -> None:
    folder = code(tmp_path / "one", 1e9)
    first = package(folder, "x86_64", lambda _: None)
    (folder / "b.py").write_text("B = 2\n")
    assert package(folder, "x86_64", lambda _: None).digest != first.digest
    (folder / "b.py").write_text("B = 1\n")
    (folder / "run.sh").chmod(0o644)
    assert package(folder, "x86_64", lambda _: None).digest != first.digest
