"""What is in the cache folder, and what may be deleted from it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from testbed.commands.main import testbed as command
from testbed.deployment.packaging import package
from testbed.deployment.requirements import bundle_name
from testbed.emulators.environments import environment_inputs
from testbed.machine.cache import COMPLETE, build_once, location, lock, lock_file
from testbed.machine.cache_folder import packages_folder
from testbed.machine.cached_builds import CachedBuild, cached_builds, delete
from testbed.machine.waiting import until

DAY = 86_400.0
LONG_AGO = 100 * DAY
LIMIT_SECONDS = 30.0
NOW = datetime.now(UTC) + timedelta(minutes=1)
DIGEST = "0" * 64


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    folder.mkdir()
    monkeypatch.setenv("TESTBED_CACHE", str(folder))
    return folder


def aged(path: Path, seconds: float = LONG_AGO) -> Path:
    when = time.time() - seconds
    os.utime(path, (when, when))
    return path


def built(path: Path, *, complete: bool = True, seconds: float = LONG_AGO) -> Path:
    path.mkdir(parents=True)
    (path / "file").write_bytes(b"x" * 1000)
    lock_file(path).touch()
    if complete:
        (path / COMPLETE).touch()
        aged(path / COMPLETE, seconds)
    return path


def packaged(name: str, seconds: float = LONG_AGO) -> Path:
    path = packages_folder() / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"x" * 1000)
    return aged(path, seconds)


def old(found: list[CachedBuild]) -> list[CachedBuild]:
    return [entry for entry in found if entry.is_deletable(NOW)]


def test_what_nobody_needs_is_deleted_and_nothing_else(cache: Path) -> None:
    unused, unfinished = (
        built(cache / f"a-{'0' * 12}"),
        built(cache / f"b-{'0' * 12}", complete=False),
    )
    current = built(cache / f"c-{'0' * 12}")
    finished, begun, writing = (
        packaged(f"{DIGEST}.zip"), packaged(f"{DIGEST}.123"), packaged(f"{DIGEST}.124", 0),
    )  # fmt: skip
    for name in ("notes.txt", f"a-{'0' * 11}"):
        (cache / name).touch()
    (packages_folder() / "mine.zip").touch()

    found = cached_builds({current})
    assert {entry.name: entry.status for entry in found} == {
        unused.name: "unused",
        unfinished.name: "incomplete",
        current.name: "current",
        f"packages/{DIGEST}.zip": "unused",
        f"packages/{DIGEST}.123": "incomplete",
        f"packages/{DIGEST}.124": "building",
    }
    deleted = delete(old(found))
    assert {entry.path for entry in deleted} == {unused, unfinished, finished, begun}
    left = {path.relative_to(cache).as_posix() for path in cache.rglob("*")}
    assert left == {
        "notes.txt", f"a-{'0' * 11}",
        current.name, f"{current.name}/file", f"{current.name}/{COMPLETE}", f"{current.name}.lock",
        "packages", "packages/mine.zip", f"packages/{writing.name}",
    }  # fmt: skip


@pytest.mark.parametrize("complete", [False, True])
def test_what_is_being_built_is_kept(cache: Path, complete: bool) -> None:
    folder = built(cache / f"a-{'0' * 12}", complete=complete)
    [entry] = cached_builds(set())
    with lock(folder):
        assert delete([entry]) == []
        if not complete:
            [seen] = cached_builds(set())
            assert (seen.status, seen.is_deletable(NOW)) == ("building", False)
    assert (folder / "file").exists()
    assert delete([entry]) == [entry]


@pytest.mark.parametrize("how", ["command", "variable"])
def test_what_a_process_uses_is_kept(cache: Path, how: str) -> None:
    used, namesake = built(cache / f"a-{'0' * 12}"), built(cache / f"a-{'0' * 11}1")
    path = str(used / "bin")
    code = "print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code, *([path] if how == "command" else [])],
        env={**os.environ, **({"SOME_PATH": f"/x:{path}"} if how == "variable" else {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        found = {entry.path: entry for entry in cached_builds(set())}
        assert found[used].status == "in use"
        assert found[namesake].status == "unused"
        # Also if it began after they were listed.
        listed = CachedBuild(used, 0, found[used].used, "unused")
        assert delete([listed]) == []
        process.communicate(b"\n")
    assert delete([listed]) == [listed]


def test_what_is_used_after_it_was_listed_is_kept(cache: Path, tmp_path: Path) -> None:
    source = tmp_path / "input"
    source.touch()
    folder = built(location("a", [source]))
    chosen = old(cached_builds(set()))
    assert [entry.path for entry in chosen] == [folder]
    assert build_once("a", [source], lambda target: pytest.fail("built again"), print) == folder
    assert delete(chosen) == []
    assert (folder / COMPLETE).exists()


def test_packages_are_as_old_as_their_last_use(cache: Path, tmp_path: Path) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "a.py").touch()
    aged(package(code, "x86_64", print).path)
    [entry] = cached_builds(set())
    assert entry.is_deletable(datetime.now(UTC) - timedelta(days=30))
    package(code, "x86_64", print)
    [entry] = cached_builds(set())
    assert not entry.is_deletable(datetime.now(UTC) - timedelta(days=30))


def test_lock_that_was_deleted_meanwhile_is_taken_anew(cache: Path) -> None:
    """Two would hold it otherwise: one the deleted file, one the next."""
    target = cache / f"a-{'0' * 12}"
    held, done = threading.Event(), threading.Event()

    def work() -> None:
        with lock(target):
            held.set()
            done.wait(LIMIT_SECONDS)

    with lock(target):
        waiting = threading.Thread(target=work)
        waiting.start()
        until(lambda: len(_descriptors(lock_file(target))) == 2, within=LIMIT_SECONDS, what="it")
        lock_file(target).unlink()
    try:
        assert held.wait(LIMIT_SECONDS)
        with pytest.raises(BlockingIOError), lock(target, wait=False):
            pass
    finally:
        done.set()
        waiting.join()


def _descriptors(path: Path) -> list[Path]:
    """Return the descriptors of this process that a file is open at."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        try:
            found += [link] if link.readlink() == path else []
        except FileNotFoundError:
            continue
    return found


type Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run the command outside of a project."""

    def run(*arguments: str, status: int = 0, answer: str | None = None) -> str:
        result = CliRunner().invoke(
            command, ["--project", str(tmp_path), "cache", *arguments], input=answer
        )
        assert (result.exit_code == 0) == (status == 0), result.output
        return result.stdout

    return run


def test_command_shows_and_asks(cache: Path, run: Run) -> None:
    folder, young = built(cache / f"a-{'0' * 12}"), built(cache / f"b-{'0' * 12}", seconds=20 * DAY)
    shown = json.loads(run("--json"))
    assert shown["folder"] == str(cache)
    assert [(entry["name"], entry["status"]) for entry in shown["entries"]] == [
        (folder.name, "unused"), (young.name, "unused"),
    ]  # fmt: skip
    assert shown["entries"][0]["bytes"] == 1000
    assert "2 entries, 0.0 MB in " in run()

    for arguments, answer in ((["--dry-run"], None), ([], "n\n"), ([], "")):
        output = run("prune", *arguments, status=0 if arguments else 1, answer=answer)
        assert folder.name in output
        assert young.name not in output
        assert folder.exists()
    would = json.loads(run("prune", "--dry-run", "--older-than", "10d", "--json"))
    assert len(would["entries"]) == 2

    run("prune", "--json", status=2)
    run("prune", answer="y\n")
    assert not folder.exists()
    gone = json.loads(run("prune", "--older-than=0s", "--yes", "--json"))
    assert [entry["name"] for entry in gone["entries"]] == [young.name]
    assert not young.exists()
    run("prune", "--older-than=999999999d", "--yes")


def test_command_keeps_what_the_code_and_the_project_need(
    cache: Path, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "x"\n')
    (tmp_path / "template.yaml").write_text(
        "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: code}}}\n"
    )
    (tmp_path / "code").mkdir()
    requirements = tmp_path / "code" / "requirements.txt"
    requirements.touch()
    kept = [built(location(bundle_name("x86_64"), [requirements]))]
    kept += [built(location(name, inputs)) for name, inputs in environment_inputs().items()]
    other = built(location(bundle_name("arm64"), [requirements]))
    run("prune", "--older-than=0s", "--yes")
    assert all(path.exists() for path in kept)
    assert not other.exists()
