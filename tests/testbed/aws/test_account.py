"""The endpoint of an AWS account's profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.aws.account import Account


@pytest.mark.parametrize(("setting", "endpoint"), [("", ""), ("http://[::1]:1/", "http://[::1]:1")])
def test_account_knows_the_endpoint_that_its_profile_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, endpoint: str
) -> None:
    config = tmp_path / "config"
    config.write_text("[profile mine]\n" + (f"endpoint_url = {setting}\n" if setting else ""))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):  # of the test run
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "mine")
    assert Account(None, "us-east-1").endpoint_url == endpoint
