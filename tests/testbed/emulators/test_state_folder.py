"""Who may read and write what the testbed keeps on disk."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from testbed.emulators import instance, selection_record
from testbed.emulators import state_folder as state
from testbed.emulators.environments import PythonEnvironments
from testbed.emulators.instance import Instance
from testbed.errors import TestbedError
from testbed.machine.cache_folder import make_cache_folder
from testbed.machine.file_errors import explained
from testbed.project.discovery import Selection
from testbed.session import Session


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_state_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    state.make(folder)
    assert mode(folder) == 0o700


def test_state_folder_that_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "state"
    file.touch()
    with pytest.raises(TestbedError, match="is a file") as caught:
        state.make(file)
    assert "--state" in caught.value.advice
    assert instance.load(file) is None
    assert selection_record.load(file) == Selection()


def test_cache_folder_that_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cache"
    file.touch()
    monkeypatch.setenv("TESTBED_CACHE", str(file))
    with pytest.raises(OSError, match="exists") as caught:
        make_cache_folder()
    error = explained(caught.value)
    assert error is not None
    assert error.advice == (
        f"{file} is a file, not a folder: delete it, or set TESTBED_CACHE to another folder."
    )


def test_selection_is_remembered_until_another_start(tmp_path: Path) -> None:
    chosen = Selection(template=tmp_path / "queues.yaml", environment="prod")
    selection_record.save(chosen, tmp_path)
    assert selection_record.load(tmp_path) == chosen
    assert mode(tmp_path / "selection.json") == 0o600
    selection_record.save(Selection(), tmp_path)
    assert selection_record.load(tmp_path) == Selection()
    (tmp_path / "selection.json").write_text('{"template"')
    assert selection_record.load(tmp_path) == Selection()


def test_session_selects_what_was_started_unless_told_otherwise(tmp_path: Path) -> None:
    queues, other = tmp_path / "queues.yaml", Selection(template=tmp_path / "other.yaml")
    selection_record.save(Selection(queues, "mine", "prod"), tmp_path)
    session = Session(tmp_path, tmp_path)
    assert session.chosen == Selection(queues, "mine", "prod")
    session.selection = Selection(stack_name="yours")
    assert session.chosen == Selection(queues, "yours", "prod")
    session.selection = other
    assert session.chosen == other
    assert Session(tmp_path, tmp_path, "http://127.0.0.1:1").chosen == Selection()
    # As for deployments to an AWS account.
    assert Session(tmp_path, tmp_path, remembers=False).chosen == Selection()


def test_state_folder_of_an_earlier_version_is_tightened(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o755)
    state.make(folder)
    assert mode(folder) == 0o700


def test_files_that_are_written_there_are_closed_too(tmp_path: Path) -> None:
    log = tmp_path / "localstack.log"
    log.write_bytes(b"of an earlier version")
    log.chmod(0o644)
    with state.open_private(log) as file:
        file.write(b"new")
    assert mode(log) == 0o600
    assert log.read_bytes() == b"new"
    instance.save(Instance(1, "mark", "http://127.0.0.1:1"), tmp_path)
    assert mode(tmp_path / "instance.json") == 0o600


def test_certificate_with_its_key_is_copied_for_its_owner(tmp_path: Path) -> None:
    (tmp_path / "certificate.pem").write_text("key")
    (tmp_path / "certificate.pem").chmod(0o644)
    (tmp_path / "copy").mkdir()
    environments = PythonEnvironments(tmp_path, tmp_path, tmp_path)
    assert mode(environments.copy_certificate(tmp_path / "copy")) == 0o600


def test_cache_folder_is_not_writable_by_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = tmp_path / "cache"
    chosen.mkdir()
    chosen.chmod(0o777)
    monkeypatch.setenv("TESTBED_CACHE", str(chosen))
    assert mode(make_cache_folder()) == 0o755
    monkeypatch.delenv("TESTBED_CACHE")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda _name: tmp_path / "usual")
    assert mode(make_cache_folder()) == 0o700
