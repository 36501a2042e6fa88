"""Parts of the command line that are small and have rules of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from testbed.aws.account import Account
from testbed.emulators import instance
from testbed.emulators.localstack import LocalStack
from testbed.machine.waiting import WaitedTooLong, until
from testbed.session import api_url
from tests.testbed.instances import running_instance


def test_api_url_of_an_emulator() -> None:
    outputs = {
        "Queue": "http://127.0.0.1:4566/queue/x",
        "Api": "https://abc-1.execute-api.eu-central-1.amazonaws.com/v1",
    }
    assert api_url(outputs, "http://127.0.0.1:1") == "http://127.0.0.1:1/_aws/execute-api/abc-1/v1"
    assert api_url({}, "http://127.0.0.1:1") is None


def test_api_url_of_aws() -> None:
    url = "https://abc-1.execute-api.eu-central-1.amazonaws.com/v1"
    assert api_url({"Api": f"{url}/"}, "") == url


@pytest.mark.parametrize(("setting", "endpoint"), [("", ""), ("http://[::1]:1/", "http://[::1]:1")])
def test_account_knows_the_endpoint_that_its_profile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, endpoint: str
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile mine]\n" + (f"endpoint_url = {setting}\n" if setting else ""))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert Account(None, "us-east-1").endpoint_url == endpoint


def test_recorded_instance_is_that_process_and_no_other(tmp_path: Path) -> None:
    with running_instance(mark="one") as running:
        instance.save(running, tmp_path)
        assert instance.load(tmp_path) == running
        assert running.process() is not None
        assert replace(running, mark="another").process() is None
    assert running.process() is None
    instance.forget(tmp_path)
    assert instance.load(tmp_path) is None


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_running_instance_is_known_after_a_clock_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: float
) -> None:
    """The boot time, from which the start time of a process is derived, moves with the clock."""
    with running_instance() as running:
        instance.save(running, tmp_path)
        started = psutil.Process(running.pid).create_time()
        monkeypatch.setattr(psutil.Process, "create_time", lambda _process: started + step)
        assert LocalStack(tmp_path).running() == running


def test_record_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text('{"pid": 1')
    assert instance.load(tmp_path) is None


def test_until_returns_what_it_waited_for() -> None:
    answers = iter([None, "", "there"])
    assert until(lambda: next(answers), within=5, what="answer") == "there"


def test_until_gives_up() -> None:
    with pytest.raises(WaitedTooLong, match=r"After 0\.02 s there is still no answer\."):
        until(lambda: None, within=0.02, what="answer")
