"""A CDK app deployed as ``cdk synth`` has written it: two stacks, assets, and a nested stack."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.aws.clients import Aws
from testbed.aws.stacks import describe_stack, stack_outputs
from testbed.deployment.deploy import deploy
from testbed.deployment.destroy import destroy_stack
from testbed.errors import ProjectError
from testbed.pytest_plugin.running import RunningTestbed
from testbed.session import Session
from tests.conftest import ROOT, CommandHere

TOOLKIT = "CDKToolkit"


@pytest.fixture
def app(tmp_path: Path, testbed: RunningTestbed) -> Iterator[Path]:
    root = tmp_path / "app"
    shutil.copytree(ROOT / "tests" / "cdk", root)
    yield root
    for name in ("shop-service", "Storage", TOOLKIT):
        destroy_stack(testbed.aws, name)


def test_app_is_deployed_and_destroyed(
    app: Path, testbed: RunningTestbed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws = testbed.aws
    said: list[str] = []
    session = Session(app / "orders")
    deployment = deploy(session.project, aws, said.append)
    assert deployment.changed
    assert any("what `cdk synth` has written" in each for each in said)
    outputs = deployment.outputs

    answer = aws.lambda_.invoke(FunctionName=outputs["FunctionName"], Payload=b'{"word": "hi"}')
    assert json.load(answer["Payload"]) == "first"  # from the layer
    bucket, key = outputs["GreetingUrl"].removeprefix("s3://").split("/")
    assert aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read() == b"hello\n"
    storage = describe_stack(aws, "Storage")
    assert storage is not None
    assert storage["Tags"] == [{"Key": "team", "Value": "orders"}]
    toolkit = describe_stack(aws, TOOLKIT)
    assert toolkit is not None

    chosen = session.project.with_parameters({"Word": "milk"})
    deploy(chosen, aws, said.append)
    assert (stack_outputs(aws, "Storage") or {})["ChosenWord"] == "milk"
    again = describe_stack(aws, TOOLKIT)
    assert again is not None
    assert again["StackId"] == toolkit["StackId"]
    assert again["LastUpdatedTime"] == toolkit["LastUpdatedTime"]

    monkeypatch.setenv("TESTBED_ENDPOINT_URL", aws.endpoint_url)
    command = CommandHere(tmp_path / "state", app)
    command.output("destroy", "--yes", "--stack", "shop-service")
    assert describe_stack(aws, "Storage") is not None
    command.output("destroy", "--yes")
    assert describe_stack(aws, "Storage") is None


def test_app_is_deployed_to_aws_by_cdk(app: Path, testbed: RunningTestbed) -> None:
    account = Aws(testbed.endpoint_url, "us-east-1")
    account.is_local = False
    with pytest.raises(ProjectError, match="is a CDK app") as error:
        deploy(Session(app).project, account, print)
    assert "cdk deploy" in error.value.advice
