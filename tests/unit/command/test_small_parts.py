"""Parts of the command line that are small and have rules of their own."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from testbed import instance
from testbed.account import Account
from testbed.instance import Instance
from testbed.session import api_url
from testbed.waiting import WaitedTooLong, until


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


def test_recorded_instance_is_this_process_and_no_other(tmp_path: Path) -> None:
    created = psutil.Process().create_time()
    running = Instance(os.getpid(), created, "http://127.0.0.1:1")
    instance.save(running, tmp_path)
    assert instance.load(tmp_path) == running
    assert running.process() is not None
    reused = Instance(os.getpid(), created - 100, "http://127.0.0.1:1")
    assert reused.process() is None
    instance.forget(tmp_path)
    assert instance.load(tmp_path) is None


def test_record_that_was_cut_off(tmp_path: Path) -> None:
    (tmp_path / "instance.json").write_text('{"pid": 1')
    assert instance.load(tmp_path) is None


def test_until_returns_what_it_waited_for() -> None:
    answers = iter([None, "", "there"])
    assert until(lambda: next(answers), within=5, what="answer") == "there"


def test_until_gives_up() -> None:
    with pytest.raises(WaitedTooLong, match=r"After 0\.02 s there is still no answer\."):
        until(lambda: None, within=0.02, what="answer")
