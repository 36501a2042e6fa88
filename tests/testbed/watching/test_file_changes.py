"""Changes of real files, as the operating system reports them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from testbed.machine.waiting import until
from testbed.watching.file_changes import FileChanges, watched


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src" / "pages").mkdir(parents=True)
    (tmp_path / "src" / "app.py").touch()
    (tmp_path / "template.yaml").touch()
    return tmp_path.resolve()


@pytest.fixture
def changes(root: Path) -> FileChanges:
    made = FileChanges()
    made.watch([root / "src"], [root / "template.yaml"])
    assert made.next() == {root / "src"}  # the beginning
    return made


def noticed(changes: FileChanges, act: Callable[[], object], path: Path) -> set[Path]:
    """Return all changes from an action until one of a path."""
    act()
    found: set[Path] = set()

    def is_noticed() -> bool:
        found.update(changes.next())
        return path in found

    until(is_noticed, within=10, what=f"change of {path}")
    return found


def test_files_that_are_written_created_renamed_and_deleted(
    root: Path, changes: FileChanges
) -> None:
    app, template = root / "src" / "app.py", root / "template.yaml"
    noticed(changes, lambda: app.write_text("1"), app)
    noticed(changes, lambda: template.write_text("1"), template)
    new = root / "src" / "pages" / "index.html"
    noticed(changes, new.touch, new)
    # Editors write another file, and rename it.
    other = root / "src" / "app.py~"
    other.write_text("2")
    noticed(changes, lambda: other.replace(app), app)
    noticed(changes, new.unlink, new)


def test_folders_that_are_created_and_replaced(root: Path, changes: FileChanges) -> None:
    package = root / "src" / "package"
    noticed(changes, package.mkdir, root / "src")  # everything below may have changed
    module = package / "module.py"
    noticed(changes, module.touch, module)

    moved = root / "moved"
    noticed(changes, lambda: shutil.move(root / "src", moved), root / "src")
    noticed(changes, lambda: shutil.move(moved, root / "src"), root / "src")
    noticed(changes, lambda: module.write_text("1"), module)


def test_what_is_not_packaged_is_not_watched(root: Path) -> None:
    for name in (".venv/lib", "__pycache__", ".git/objects"):
        (root / "src" / name).mkdir(parents=True)
    found = watched([root / "src"], [root / "template.yaml"])
    assert found.folders == {root, root / "src", root / "src" / "pages"}


def test_what_links_and_requirements_name_elsewhere(root: Path) -> None:
    shared = root / "shared"
    (shared / "folder").mkdir(parents=True)
    (shared / "one.py").touch()
    (shared / "common.txt").touch()
    (root / "src" / "one.py").symlink_to(shared / "one.py")
    (root / "src" / "folder").symlink_to(shared / "folder")
    (root / "src" / "again").symlink_to(root / "src")  # packaging reports it
    (root / "src" / "requirements.txt").write_text("-r ../shared/common.txt\n")
    changes = FileChanges()
    changes.watch([root / "src"], [])
    changes.next()
    linked = root / "src" / "one.py"
    noticed(changes, lambda: (shared / "one.py").write_text("1"), linked)
    inside = root / "src" / "folder" / "two.py"
    noticed(changes, (shared / "folder" / "two.py").touch, inside)
    listed = root / "src" / "requirements.txt"
    noticed(changes, lambda: (shared / "common.txt").write_text("boto3"), listed)


def test_change_while_other_files_are_chosen_is_not_lost(root: Path, changes: FileChanges) -> None:
    (root / "other").mkdir()
    (root / "template.yaml").write_text("1")
    changes.watch([root / "src", root / "other"], [root / "template.yaml"])
    assert root / "template.yaml" in changes.next()


def test_code_that_does_not_exist_yet(root: Path) -> None:
    changes = FileChanges()
    changes.watch([root / "new" / "src"], [])
    changes.next()
    source = root / "new" / "src"
    noticed(changes, lambda: source.mkdir(parents=True), source)
    noticed(changes, (source / "app.py").touch, source / "app.py")
