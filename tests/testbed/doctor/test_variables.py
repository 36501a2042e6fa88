"""``testbed doctor`` on proxies and on the AWS settings of the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.doctor import variables
from tests.testbed.doctor.doctoring import make_context, record, run
from tests.testbed.instances import running_instance


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, "ok"),
        ({"HTTPS_PROXY": "http://proxy:1"}, "ok"),  # the testbed speaks plain HTTP
        ({"http_proxy": "http://proxy:1"}, "warning"),
        ({"ALL_PROXY": "http://proxy:1", "no_proxy": "localhost"}, "warning"),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "localhost,127.0.0.1"}, "ok"),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "*"}, "ok"),
        ({"HTTP_PROXY": ""}, "ok"),
    ],
)
def test_proxies(tmp_path: Path, given: dict[str, str], level: str) -> None:
    assert run(variables.proxies, make_context(tmp_path, **given))[0] == level


@pytest.mark.parametrize(
    ("given", "level", "found"),
    [
        ({}, "ok", "no endpoint"),
        ({"AWS_ACCESS_KEY_ID": "test"}, "ok", "no endpoint"),
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, "warning", "keys in AWS_ACCESS_KEY_ID"),
        ({"AWS_PROFILE": "work"}, "warning", "the profile work"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "ok", "AWS_ENDPOINT_URL="),
        ({"AWS_ENDPOINT_URL": "https://aws.example"}, "warning", "not on this machine"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://s3.example"},
            "warning",
            "AWS_ENDPOINT_URL_S3 and AWS_ENDPOINT_URL are different",
        ),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "work"},
            "warning",
            "AWS_PROFILE=work",
        ),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "warning", "has no effect"),
    ],
)
def test_aws_settings(tmp_path: Path, given: dict[str, str], level: str, found: str) -> None:
    file = str(tmp_path / "credentials")
    context = make_context(tmp_path, AWS_SHARED_CREDENTIALS_FILE=file, **given)
    said = run(variables.aws, context)
    assert said[0] == level
    assert found in said[1]


def test_default_keys_of_aws(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    context = make_context(tmp_path, AWS_SHARED_CREDENTIALS_FILE=str(file))
    file.write_text("[default]\naws_access_key_id = test\n")
    assert run(variables.aws, context)[0] == "ok"
    file.write_text("[default]\naws_access_key_id = AKIA\n")
    level, found, advice = run(variables.aws, context)
    assert level == "warning"
    assert str(file) in found
    assert "testbed env" in advice


def test_endpoint_of_another_testbed(tmp_path: Path) -> None:
    context = make_context(tmp_path, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    with running_instance("http://127.0.0.1:2") as made:
        record(context.state, made)
        level, found, _ = run(variables.aws, context)
    assert level == "warning"
    assert "the testbed is at http://127.0.0.1:2" in found
