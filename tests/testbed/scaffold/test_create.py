"""The project that ``testbed init`` creates: all of its files, or none."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path

import pytest

from testbed.errors import ProjectError, TestbedError
from testbed.project.discovery import find_project, find_root
from testbed.scaffold.create import create
from testbed.scaffold.source import FILES, example_folder, rendered
from tests.conftest import ROOT, CommandHere

FEW = {"a.txt": "1\n", "b/c/d.txt": "2\n", "e.txt": "3\n"}


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_files_are_those_of_the_example() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "examples/orders"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(listed.stdout.split()) == {f"examples/orders/{name}" for name in FILES}
    assert example_folder() == ROOT / "examples" / "orders"


@pytest.mark.parametrize(
    ("folder", "name"),
    [("My_shop.9", "My-shop-9"), ("9 lives", "stack-9-lives"), ("ünïts", "n-ts")],
)
def test_command(tmp_path: Path, folder: str, name: str) -> None:
    target = tmp_path / "new" / folder
    command = CommandHere(tmp_path / "state", tmp_path)
    result = command.run("init", str(target))
    assert result.returncode == 0, result.stderr
    assert f"Created the project {name} in {target}." in result.stdout
    assert contents(target).keys() == set(FILES)
    project = find_project(find_root(target / "tests"))
    assert (project.root, project.stack_name) == (target, name)
    assert (target / "README.md").read_text().startswith(f"# {name}\n")
    assert "  cd " in result.stdout

    again = command.run("init", str(target))
    assert again.returncode == 1
    assert all(file in again.stderr for file in ("samconfig.toml", "tests/test_orders.py"))
    assert "testbed init FOLDER" in again.stderr


def test_current_folder_by_default(tmp_path: Path) -> None:
    (tmp_path / "LICENSE").write_text("mine")
    assert CommandHere(tmp_path / "state", tmp_path).run("init").returncode == 0
    assert contents(tmp_path).keys() == {*FILES, "LICENSE"}


def test_names_in_other_places_stay() -> None:
    example = rendered("orders", "serverless-testbed[pytest]")
    files = rendered("shop", "serverless-testbed[pytest] @ git+https://example.com/t.git@1")
    changed = {name for name in files if files[name] != example[name]}
    assert changed == {"README.md", "samconfig.toml", "requirements-dev.txt"}
    assert 'stack_name = "shop"' in files["samconfig.toml"]
    assert files["requirements-dev.txt"].endswith("@ git+https://example.com/t.git@1\n")


@pytest.mark.parametrize(
    ("existing", "told"),
    [
        ("e.txt", "e.txt"),
        ("b/c/d.txt", "b/c/d.txt"),
        ("b", "b"),
        ("template.yml", "template.yml"),
        ("cdk.json", "cdk.json"),
    ],
)
def test_nothing_is_created_next_to_existing_files(
    tmp_path: Path, existing: str, told: str
) -> None:
    (tmp_path / existing).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / existing).write_text("mine")
    with pytest.raises(ProjectError, match=f"already has: {told}\\."):
        create(tmp_path, FEW)
    assert contents(tmp_path) == {existing: "mine"}


def test_link_to_nothing_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "e.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProjectError, match=r"already has: e\.txt\."):
        create(tmp_path, FEW)
    assert not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_nothing_remains_of_a_failure(
    tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def failing(self: Path, *arguments: object, **options: object) -> object:
        if self.name == "e.txt":
            raise OSError(number, os.strerror(number), str(self))
        return opened(self, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", failing)
    target = tmp_path / "new"
    with pytest.raises(TestbedError, match=r"e\.txt: .*Nothing was created\."):
        create(target, FEW)
    assert not target.exists()


def test_file_that_appears_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("testbed.scaffold.create._existing", lambda folder, files: [])
    (tmp_path / "e.txt").write_text("mine")
    with pytest.raises(TestbedError, match="File exists"):
        create(tmp_path, FEW)
    assert contents(tmp_path) == {"e.txt": "mine"}
