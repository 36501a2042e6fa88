"""Nested stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import deployed
from tests.extension.live.cloudformation.templates import failing, parameter, queue

type Upload = Callable[[dict[str, Any]], str]

CHILD = {
    "Parameters": {"Timeout": {"Type": "Number"}},
    "Resources": {"Queue": queue(VisibilityTimeout={"Ref": "Timeout"})},
    "Outputs": {"Url": {"Value": {"Ref": "Queue"}}},
}


@pytest.fixture
def upload(aws: Clients, name: str) -> Iterator[Upload]:
    """Puts a template into a bucket, and returns its URL."""
    aws["s3"].create_bucket(Bucket=name)
    keys: list[str] = []

    def put(template: dict[str, Any]) -> str:
        keys.append(f"{len(keys)}.template")
        aws["s3"].put_object(Bucket=name, Key=keys[-1], Body=json.dumps(template).encode())
        return f"https://s3.amazonaws.com/{name}/{keys[-1]}"

    yield put
    for key in keys:
        aws["s3"].delete_object(Bucket=name, Key=key)
    aws["s3"].delete_bucket(Bucket=name)


def parent(url: str, timeout: int, **more: Any) -> dict[str, Any]:
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": url, "Parameters": {"Timeout": timeout}},
    }
    return {
        "Resources": {
            "Nested": nested,
            "Url": parameter({"Fn::GetAtt": ["Nested", "Outputs.Url"]}),
            **more,
        }
    }


def visibility_timeout(aws: Clients, url: str) -> str:
    answer = aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    timeout: str = answer["Attributes"]["VisibilityTimeout"]
    return timeout


def test_parameters_outputs_and_updates(aws: Clients, name: str, upload: Upload) -> None:
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        ids = stack.physical_ids()
        [nested] = stack.client.describe_stacks(StackName=ids["Nested"])["Stacks"]
        assert nested["ParentId"] == nested["RootId"] == stack.id
        queue_url = aws["ssm"].get_parameter(Name=ids["Url"])["Parameter"]["Value"]
        assert visibility_timeout(aws, queue_url) == "30"

        assert stack.update(parent(url, 40)) == "UPDATE_COMPLETE", stack.report()

        assert visibility_timeout(aws, queue_url) == "40"
        assert stack.physical_ids() == ids
    [gone] = stack.client.describe_stacks(StackName=ids["Nested"])["Stacks"]
    assert gone["StackStatus"] == "DELETE_COMPLETE"


def test_an_unchanged_nested_stack_counts_as_changed(
    aws: Clients, name: str, upload: Upload
) -> None:
    unchanged = parent(upload(CHILD), 30)
    with deployed(aws, unchanged, f"{name}-parent") as stack:
        assert stack.update(unchanged) == "UPDATE_COMPLETE", stack.report()


def test_a_failed_update_rolls_the_nested_stack_back(
    aws: Clients, name: str, upload: Upload
) -> None:
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        ids = stack.physical_ids()
        queue_url = aws["ssm"].get_parameter(Name=ids["Url"])["Parameter"]["Value"]

        status = stack.update(parent(url, 40, Failing=failing("Nested")))

        assert status == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert visibility_timeout(aws, queue_url) == "30"
        assert stack.physical_ids() == ids


def test_a_nested_stack_that_fails_names_the_cause(aws: Clients, name: str, upload: Upload) -> None:
    url = upload({**CHILD, "Resources": {**CHILD["Resources"], "Failing": failing("Queue")}})
    with deployed(aws, {"Resources": {"Queue": queue()}}, f"{name}-parent") as stack:
        assert stack.update(parent(url, 30)) == "UPDATE_ROLLBACK_COMPLETE"

        assert "The following resource(s) failed to create: [Failing]" in stack.report()
