"""Full and read-only disks, and missing folders: an error with advice."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from testbed.machine.cache_folder import cache_folder
from tests.conftest import ROOT

LIMIT_SECONDS = 60.0
FULL = "No space left on device"
READ_ONLY = "Read-only file system"
_NAMESPACE = ["unshare", "--map-root-user", "--mount"]


def _mounts_are_possible() -> bool:
    if shutil.which("unshare") is None:
        return False
    trial = subprocess.run(
        [*_NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True, check=False
    )
    return trial.returncode == 0


needs_mounts = pytest.mark.skipif(
    not _mounts_are_possible(), reason="needs user and mount namespaces"
)


@dataclass(frozen=True)
class Bad:
    """A folder on a full or read-only disk, and commands that use it."""

    folder: Path
    setup: str

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = shlex.join([sys.executable, "-m", "testbed", "--project", str(ROOT), *arguments])
        mount = f"mount -t tmpfs -o size=256k tmpfs {shlex.quote(str(self.folder))}"
        return subprocess.run(
            [*_NAMESPACE, "sh", "-c", f"{mount} && {self.setup} && exec {command}"],
            env={**os.environ, **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=LIMIT_SECONDS,
            stdin=subprocess.DEVNULL,
            check=False,
        )


@pytest.fixture(params=["full", "read-only"])
def bad(request: pytest.FixtureRequest, tmp_path: Path) -> Bad:
    folder = tmp_path / "disk"
    folder.mkdir()
    place = shlex.quote(str(folder))
    if request.param == "full":
        setup = f"{{ dd if=/dev/zero of={place}/filling bs=1k count=512 2>/dev/null; true; }}"
    else:
        setup = f"mount -o remount,ro {place}"
    return Bad(folder, setup)


def reason(bad: Bad) -> str:
    return READ_ONLY if "remount" in bad.setup else FULL


def check_error(result: subprocess.CompletedProcess[str], *texts: str) -> None:
    assert result.returncode == 1, result.stderr
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr
    for text in texts:
        assert text in result.stderr


@needs_mounts
def test_state_folder(bad: Bad) -> None:
    state = bad.folder / "state"
    result = bad.run("--state", str(state), "up")
    check_error(result, str(state), reason(bad), "with --state")


@needs_mounts
def test_down_works_on_a_full_disk(tmp_path: Path) -> None:
    """The log and the journal of the running LocalStack may have filled the disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    state = folder / "state"
    fill = f"dd if=/dev/zero of={shlex.quote(str(folder))}/filling bs=1k count=512"
    place = shlex.quote(str(state))
    setup = f"mkdir {place} && touch {place}/.gitignore {place}/lock"
    result = Bad(folder, f"{setup} && {{ {fill} 2>/dev/null; true; }}").run(
        "--state", str(state), "down"
    )
    assert (result.returncode, result.stderr) == (0, "The testbed was not running.\n")


@needs_mounts
def test_cache_folder(bad: Bad, tmp_path: Path) -> None:
    cache = bad.folder / "cache"
    # As of most users, uv's own cache is on the same disk; it is made before the network is asked.
    caches = {"TESTBED_CACHE": str(cache), "UV_CACHE_DIR": str(bad.folder / "uv")}
    result = bad.run("--state", str(tmp_path / "state"), "up", **caches)
    check_error(result, reason(bad), "set TESTBED_CACHE to another folder")
    assert "needs the network" not in result.stderr


@needs_mounts
def test_clone_that_cannot_be_written_to(bad: Bad) -> None:
    place = shlex.quote(str(bad.folder))
    copies = [f"mkdir {place}/clone"]
    for name in ("scripts", "requirements", "pyproject.toml"):
        copies.append(f"cp -R {shlex.quote(str(ROOT / name))} {place}/clone/")
    mount = f"mount -t tmpfs -o size=2m tmpfs {place}"
    fill = bad.setup.replace("count=512", "count=2048")
    setup = shlex.join([sys.executable, str(bad.folder / "clone/scripts/setup.py")])
    result = subprocess.run(
        [*_NAMESPACE, "sh", "-c", " && ".join([mount, *copies, fill, f"exec {setup}"])],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    check_error(result, reason(bad), f"permission to write to {bad.folder}/clone")
    assert "python3-venv" not in result.stderr


def test_output_on_a_full_disk() -> None:
    with Path("/dev/full").open("w") as full:
        result = subprocess.run(
            [sys.executable, "-m", "testbed", "--endpoint-url", "http://127.0.0.1:1", "env"],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    check_error(result, FULL)


def run(*arguments: str, cwd: Path = ROOT, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "testbed", *arguments],
        env={**os.environ, **variables},
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "advice"),
    [("up", "choose another folder"), ("down", "choose another folder"), ("status", "testbed up")],
)
def test_state_folder_below_a_file(tmp_path: Path, command: str, advice: str) -> None:
    (tmp_path / "file").touch()
    result = run("--state", str(tmp_path / "file" / "state"), command)
    assert result.returncode == 1
    assert advice in result.stderr
    assert "Traceback" not in result.stderr


def test_cache_folder_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    state = str(tmp_path / "state")
    result = run("--state", state, "up", TESTBED_CACHE=str(tmp_path / "file" / "cache"))
    check_error(result, f"{tmp_path}/file/cache", "Not a directory")


def test_log_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "localstack.log").mkdir()
    result = run("--state", str(tmp_path), "up")
    assert result.returncode == 1
    assert "localstack.log: Is a directory" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "root").exists()


def test_current_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"rmdir ../gone && exec {shlex.quote(sys.executable)} -m testbed status"
    result = subprocess.run(
        ["sh", "-c", command],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        cwd=gone,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    check_error(result, "The current folder no longer exists")


def test_upload_that_is_missing(tmp_path: Path) -> None:
    given = f"--file=sites.yaml={tmp_path}/none.yaml"
    result = run("--state", str(tmp_path / "state"), "up", given)
    assert f"{tmp_path}/none.yaml cannot be read: No such file or directory." in result.stderr
    assert "Traceback" not in result.stderr


def test_schema_that_is_missing_or_invalid(tmp_path: Path) -> None:
    (tmp_path / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "x"\n')
    (tmp_path / "template.yaml").write_text("Resources: {}\nOutputs: {Uri: {Value: x}}\n")
    (tmp_path / "file.yaml").touch()
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.testbed.uploads]]\nfile = "file.yaml"\noutput = "Uri"\nschema = "schema.json"\n'
    )
    check_error(run("up", cwd=tmp_path), f"{tmp_path}/schema.json: No such file")
    (tmp_path / "schema.json").write_text("{")
    check_error(run("up", cwd=tmp_path), f"{tmp_path}/schema.json is not valid JSON")


@needs_mounts
def test_missing_home(tmp_path: Path) -> None:
    """A user id without an entry in the system's user database, as in some CI containers."""
    nobody = ["unshare", "--user", "--map-user=12345", "env", "-u", "HOME", "-u", "XDG_CACHE_HOME"]
    command = [*nobody, "TESTBED_CACHE=", sys.executable, "-m", "testbed"]
    result = subprocess.run(
        [*command, "--state", str(tmp_path), "up"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )
    check_error(result, "There is no home folder", "TESTBED_CACHE")


def test_relative_cache_folder_is_absolute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", "some/cache")
    assert cache_folder() == Path.cwd() / "some/cache"
