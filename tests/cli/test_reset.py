"""`testbed reset`: to the state after the deployment, to a saved one, and to the empty one."""

from __future__ import annotations

import json

import boto3

from tests.conftest import CommandLine


def test_reset(bare: CommandLine) -> None:
    endpoint = json.loads(bare.output("up", "--json"))["endpoint_url"]
    sqs = boto3.client(
        "sqs", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    [deployed] = sqs.list_queues()["QueueUrls"]
    assert "Nothing had changed" in bare.run("reset").stderr

    sqs.set_queue_attributes(QueueUrl=deployed, Attributes={"VisibilityTimeout": "7"})
    sqs.create_queue(QueueName="by-hand")
    sqs.send_message(QueueUrl=deployed, MessageBody="m")
    lines = bare.output("reset").splitlines()
    assert [line.split() for line in lines] == [
        ["removed", "1", "queue", "by-hand"],
        ["removed", "1", "message"],
        ["changed", "back", "1", "queue", deployed.rpartition("/")[2]],
    ]
    assert sqs.list_queues()["QueueUrls"] == [deployed]

    bare.output("website", "add", "shop")
    bare.output("website", "down", "shop")
    bare.output("reset")
    [website] = json.loads(bare.output("website", "list", "--json"))["websites"]
    assert website["behavior"] == {"down": False, "slow": 0.0, "answers": None}

    sqs.create_queue(QueueName="kept")
    bare.output("reset", "--save")
    sqs.create_queue(QueueName="by-hand")
    done = json.loads(bare.output("reset", "--json"))
    assert (done["state"], done["removed"]) == ("deployment", {"queue": ["by-hand"]})

    bare.output("reset", "--empty")
    assert "QueueUrls" not in sqs.list_queues()
    assert json.loads(bare.output("website", "list", "--json"))["websites"] == []
    bare.output("reset")  # the deployment again
    assert len(sqs.list_queues()["QueueUrls"]) == 2

    bare.output("destroy", "--yes")
    assert "is empty" in bare.run("reset").stderr
    assert "QueueUrls" not in sqs.list_queues()

    # A stack of another tool is not lost by mistake.
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    cloudformation = boto3.client(
        "cloudformation", endpoint_url=endpoint, region_name="us-east-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    cloudformation.create_stack(StackName="other", TemplateBody=template)
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName="other", WaiterConfig={"Delay": 1, "MaxAttempts": 20}
    )
    refused = bare.run("reset")
    assert refused.returncode != 0
    assert "after the deployment of other" in refused.stderr
    assert "testbed reset --save" in refused.stderr
