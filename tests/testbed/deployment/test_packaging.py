from __future__ import annotations

import os
import socket
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.deployment.packaging import Package, package
from testbed.errors import ProjectError


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("TESTBED_CACHE", str(folder))
    return folder


def code(folder: Path, modified: float) -> Path:
    (folder / "inner" / "__pycache__").mkdir(parents=True)
    for name, text in {
        "b.py": "B = 1\n", "inner/a.py": "A = 2\n", "inner/__pycache__/a.pyc": "x", ".env": "x",
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


def names_in(built: Package) -> list[str]:
    with zipfile.ZipFile(built.path) as archive:
        return archive.namelist()


def test_package_leaves_out_what_sam_leaves_out(tmp_path: Path, cache: Path) -> None:
    """``EXCLUDED_FILES`` of ``PythonPipWorkflow``, as ``sam build`` uses it at every level.

    https://github.com/aws/aws-lambda-builders/blob/develop/aws_lambda_builders/workflows/python_pip/workflow.py
    """
    for name in (
        ".git/config", ".venv/bin/python", "inner/.git/config", "inner/venv/a.py", ".env",
        ".aws-sam/build/a.py", ".pytest_cache/a", ".mypy_cache/a", ".testbed/localstack.log",
        ".settings.json", ".well-known/a.txt", "inner/native.so", "a.egg-info/METADATA",
    ):  # fmt: skip
        path = tmp_path / "code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    built = package(tmp_path / "code", "x86_64", lambda _: None)
    assert names_in(built) == [
        ".settings.json", ".well-known/a.txt", "a.egg-info/METADATA", "inner/native.so",
    ]  # fmt: skip


def test_links_are_followed(tmp_path: Path, cache: Path) -> None:
    shared = code(tmp_path / "shared", 1e9)
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "library").symlink_to(shared / "inner")
    (folder / "again").symlink_to(shared / "inner")
    (folder / "b.py").symlink_to(shared / "b.py")
    built = package(folder, "x86_64", lambda _: None)
    assert names_in(built) == ["again/a.py", "b.py", "library/a.py"]
    before = built.digest
    (shared / "inner/a.py").write_text("A = 3\n")
    assert package(folder, "x86_64", lambda _: None).digest != before


def loop(path: Path) -> None:
    path.symlink_to(path.parent)


def dangling(path: Path) -> None:
    path.symlink_to("nowhere")


def endless(path: Path) -> None:
    path.symlink_to(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


def unreadable(path: Path) -> None:
    path.symlink_to("/proc/self/mem")  # also for root


def not_utf_8(path: Path) -> None:
    Path(os.fsdecode(os.fsencode(path) + b"\xff")).touch()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (loop, "odd is a link to a folder that contains it"),
        (dangling, "odd is a link to nowhere, which does not exist"),
        (endless, "odd is a link to .*odd, which does not exist"),
        (os.mkfifo, "odd is neither a file nor a folder"),
        (listening, "odd is neither a file nor a folder"),
        (unreadable, r"odd cannot be read \(Input/output error\)"),
        (not_utf_8, r"odd\\xff has a name that is not UTF-8"),
    ],
)
def test_what_cannot_be_packaged_is_named(
    tmp_path: Path, cache: Path, make: Callable[[Path], None], problem: str
) -> None:
    folder = code(tmp_path / "c", 1e9)
    make(folder / "inner" / "odd")
    with pytest.raises(ProjectError, match=f"{problem}, so the function cannot be packaged"):
        package(folder, "x86_64", lambda _: None)
    assert not list(cache.glob("packages/*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("name", ["b.py", "inner"])
def test_what_may_not_be_read_is_named(tmp_path: Path, cache: Path, name: str) -> None:
    folder = code(tmp_path / "c", 1e9)
    (folder / name).chmod(0)
    try:
        with pytest.raises(ProjectError, match=rf"{name} cannot be read \(Permission denied\)"):
            package(folder, "x86_64", lambda _: None)
    finally:
        (folder / name).chmod(0o755)


def test_large_files_are_not_held_in_memory(tmp_path: Path, cache: Path) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    with (folder / "large").open("wb") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    package(folder, "x86_64", lambda _: None)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 16 << 20


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


def test_zip_file_is_taken_as_it_is(tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.py", "")
    built = package(path, "x86_64", lambda _: None)
    assert built.path == path
    path.write_bytes(path.read_bytes() + b"\0")
    assert package(path, "x86_64", lambda _: None).digest != built.digest


def test_single_file_is_packaged_alone(tmp_path: Path, cache: Path) -> None:
    """``aws cloudformation package`` zips a file that is not a zip file."""
    (tmp_path / "a.py").touch()
    (tmp_path / "b.py").touch()
    assert names_in(package(tmp_path / "a.py", "x86_64", lambda _: None)) == ["a.py"]


def test_layer_that_is_built_has_its_code_under_python(tmp_path: Path, cache: Path) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html"""
    folder = code(tmp_path / "layer", 1e9)
    built = package(folder, "x86_64", lambda _: None, prefix="python/")
    assert names_in(built) == ["python/b.py", "python/inner/a.py", "python/run.sh"]
    plain = package(folder, "x86_64", lambda _: None, requirements=False)
    assert plain.digest != built.digest
    assert names_in(plain) == ["b.py", "inner/a.py", "run.sh"]


def test_requirements_are_not_installed_unless_they_should_be(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code/requirements.txt").write_text("not-on-any-index\n")
    built = package(tmp_path / "code", "x86_64", lambda _: None, requirements=False)
    assert names_in(built) == ["requirements.txt"]


def test_files_of_editors_are_left_out(tmp_path: Path, cache: Path) -> None:
    """They come and go while a file is being edited; Emacs locks it by a broken link."""
    folder = code(tmp_path / "code", 1e9)
    for name in (".b.py.swp", "b.py~", "#b.py#", "b.py___jb_tmp___", ".goutputstream-A1B2C3"):
        (folder / name).touch()
    (folder / ".#b.py").symlink_to("somebody@example.1234")
    assert names_in(package(folder, "x86_64", lambda _: None)) == ["b.py", "inner/a.py", "run.sh"]


def test_file_that_is_saved_meanwhile_is_packaged_with_its_last_content(
    tmp_path: Path, cache: Path
) -> None:
    """A package is named by the hash of its content, and is used again for the same content."""
    folder = code(tmp_path / "code", 1e9)
    contents = iter(["B = 2\n", "B = 3\n"])

    def save(_: str) -> None:
        for content in contents:
            (folder / "b.py").write_text(content)
            return

    built = package(folder, "x86_64", save)
    with zipfile.ZipFile(built.path) as archive:
        assert archive.read("b.py") == b"B = 3\n"
    assert package(folder, "x86_64", save) == built
    (folder / "b.py").write_text("B = 1\n")
    with zipfile.ZipFile(package(folder, "x86_64", save).path) as archive:
        assert archive.read("b.py") == b"B = 1\n"


def test_file_that_is_deleted_meanwhile(tmp_path: Path, cache: Path) -> None:
    folder = code(tmp_path / "code", 1e9)
    built = package(folder, "x86_64", lambda _: (folder / "b.py").unlink(missing_ok=True))
    assert names_in(built) == ["inner/a.py", "run.sh"]


def test_file_that_changes_all_the_time(tmp_path: Path, cache: Path) -> None:
    folder = code(tmp_path / "code", 1e9)
    numbers = iter(range(100))

    def save(_: str) -> None:
        (folder / "b.py").write_text(f"B = {next(numbers)}\n")

    with pytest.raises(ProjectError, match="changes while it is being packaged"):
        package(folder, "x86_64", save)
