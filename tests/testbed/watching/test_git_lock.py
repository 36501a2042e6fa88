"""Git's lock, during which files change one after the other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from testbed.watching.git_lock import index_lock, wait_for_git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "project" / "src").mkdir(parents=True)
    return tmp_path


def test_what_changes_during_a_checkout_is_one_change(repository: Path) -> None:
    lock = repository / ".git" / "index.lock"
    lock.touch()
    changed = iter(["a.py", "b.py", "c.py"])

    def changes() -> set[Path]:
        name = next(changed)
        if name == "b.py":
            lock.unlink()
        return {Path(name)}

    found = wait_for_git(repository / "project", changes, 60)
    assert found == {Path("a.py"), Path("b.py")}


def test_lock_that_stays_is_not_waited_for_without_end(repository: Path) -> None:
    (repository / ".git" / "index.lock").touch()
    assert wait_for_git(repository, lambda: {Path("a.py")}, 0) == set()


def test_folder_without_a_repository(tmp_path: Path) -> None:
    assert wait_for_git(tmp_path, lambda: {Path("a.py")}, 60) == set()


def test_lock_of_a_worktree(repository: Path) -> None:
    worktree = repository / "worktree"
    worktree.mkdir()
    (worktree / ".git").write_text("gitdir: ../.git/worktrees/one\n")
    lock = index_lock(worktree)
    assert lock is not None
    assert lock.resolve() == repository / ".git" / "worktrees" / "one" / "index.lock"
