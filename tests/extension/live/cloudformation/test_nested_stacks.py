"""Nested stacks.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import failing, parameter, queue, template
from tests.extension.live.cloudformation.test_stacks import rejected

type Upload = Callable[..., str]

CHILD = {
    "Parameters": {"Timeout": {"Type": "Number"}},
    "Resources": {"Queue": queue(VisibilityTimeout={"Ref": "Timeout"})},
    "Outputs": {"Url": {"Value": {"Ref": "Queue"}}},
}


@pytest.fixture
def upload(aws: Clients, name: str) -> Iterator[Upload]:
    """Puts a template into a bucket, also behind a former URL, and returns its URL."""
    aws["s3"].create_bucket(Bucket=name)
    keys: list[str] = []

    def put(template: dict[str, Any], url: str = "") -> str:
        if not url:
            keys.append(f"{len(keys)}.template")
        key = url.rpartition("/")[2] or keys[-1]
        aws["s3"].put_object(Bucket=name, Key=key, Body=json.dumps(template).encode())
        return f"https://s3.amazonaws.com/{name}/{key}"

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


def test_change_set_has_no_change_sets_of_nested_stacks(
    aws: Clients, name: str, upload: Upload
) -> None:
    """Unlike on AWS: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html"""
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        client = stack.client
        request = {"StackName": stack.name, "ChangeSetName": "nested"}
        client.create_change_set(
            **request, TemplateBody=json.dumps(parent(url, 40)), IncludeNestedStacks=True
        )
        client.get_waiter("change_set_create_complete").wait(
            **request, WaiterConfig={"Delay": 0.1, "MaxAttempts": 200}
        )
        [change] = [
            each["ResourceChange"]
            for each in client.describe_change_set(**request)["Changes"]
            if each["ResourceChange"]["LogicalResourceId"] == "Nested"
        ]
        assert change["Action"] == "Modify"
        assert "ChangeSetId" not in change
        nested = stack.physical_ids()["Nested"]
        assert client.list_change_sets(StackName=nested)["Summaries"] == []


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


def test_contents_survive_when_the_parent_fails_after_the_nested_update(
    aws: Clients, name: str, upload: Upload
) -> None:
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        queue_url = aws["ssm"].get_parameter(Name=stack.physical_ids()["Url"])["Parameter"]["Value"]
        aws["sqs"].send_message(QueueUrl=queue_url, MessageBody="kept")
        nested = stack.client.describe_stacks(StackName=stack.physical_ids()["Nested"])
        # The same URL, behind which there is another template, by which the queue is replaced.
        replacing = {**queue(QueueName=f"{name}-new", VisibilityTimeout={"Ref": "Timeout"})}
        changed = {**CHILD, "Resources": {"Queue": replacing, "More": queue()}}
        upload(changed, url)

        status = stack.update(parent(url, 40, Failing=failing("Nested", "Url")))

        assert status == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        attributes = aws["sqs"].get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])
        assert attributes["Attributes"]["ApproximateNumberOfMessages"] == "1"
        assert attributes["Attributes"]["VisibilityTimeout"] == "30"
        [after] = stack.client.describe_stacks(StackName=stack.physical_ids()["Nested"])["Stacks"]
        assert after["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
        assert after["Outputs"] == nested["Stacks"][0]["Outputs"]
        assert len(aws["sqs"].list_queues(QueueNamePrefix=name)["QueueUrls"]) == 1

        assert stack.update(parent(url, 40)) == "UPDATE_COMPLETE", stack.report()
        [child_queue] = aws["sqs"].list_queues(QueueNamePrefix=f"{name}-new")["QueueUrls"]
        assert visibility_timeout(aws, child_queue) == "40"


def test_three_levels(aws: Clients, name: str, upload: Upload) -> None:
    def nesting(url: str) -> dict[str, Any]:
        nested = {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": url, "Parameters": {"Timeout": {"Ref": "Timeout"}}},
        }
        outputs = {"Url": {"Value": {"Fn::GetAtt": ["Nested", "Outputs.Url"]}}}
        return {**CHILD, "Resources": {"Nested": nested}, "Outputs": outputs}

    inner = upload(CHILD)
    outer = upload(nesting(inner))
    with deployed(aws, parent(outer, 30), f"{name}-parent") as stack:
        queue_url = aws["ssm"].get_parameter(Name=stack.physical_ids()["Url"])["Parameter"]["Value"]

        failing_late = parent(outer, 40, Failing=failing("Nested"))
        assert stack.update(failing_late) == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert visibility_timeout(aws, queue_url) == "30"

        upload({**CHILD, "Resources": {**CHILD["Resources"], "Failing": failing("Queue")}}, inner)
        assert stack.update(parent(outer, 50)) == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert "failed to create: [Failing]" in reasons(stack)
        assert visibility_timeout(aws, queue_url) == "30"

        upload(CHILD, inner)
        assert stack.update(parent(outer, 60)) == "UPDATE_COMPLETE", stack.report()
        assert visibility_timeout(aws, queue_url) == "60"
        family = [
            each
            for each in stack.client.describe_stacks()["Stacks"]
            if each["StackName"].startswith(f"{name}-parent-")
        ]
        assert [each["RootId"] for each in family] == [stack.id, stack.id]
        assert {each["StackStatus"] for each in family} == {"UPDATE_COMPLETE"}


def test_the_update_of_a_nested_stack_is_cancelled(aws: Clients, name: str, upload: Upload) -> None:
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        nested = stack.physical_ids()["Nested"]
        waiting = {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": 300},
        }
        handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
        resources = {**CHILD["Resources"], "Handle": handle, "Condition": waiting}
        upload({**CHILD, "Resources": resources}, url)
        stack.client.update_stack(
            StackName=stack.name, TemplateBody=json.dumps(parent(url, 40)), Capabilities=[]
        )

        def begun() -> bool:
            found = stack.client.describe_stack_resources(StackName=nested)["StackResources"]
            return any(each["LogicalResourceId"] == "Condition" for each in found)

        until(begun, within=20, what="wait condition")
        stack.client.cancel_update_stack(StackName=stack.name)

        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        [child] = stack.client.describe_stacks(StackName=nested)["Stacks"]
        assert child["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_an_update_without_rollback_is_repaired_or_rolled_back(
    aws: Clients, name: str, upload: Upload
) -> None:
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        queue_url = aws["ssm"].get_parameter(Name=stack.physical_ids()["Url"])["Parameter"]["Value"]
        broken = parent(url, 40, Failing=failing("Nested"))

        assert stack.update(broken, DisableRollback=True) == "UPDATE_FAILED"
        assert visibility_timeout(aws, queue_url) == "40"
        assert stack.update(parent(url, 50), DisableRollback=True) == "UPDATE_COMPLETE"
        assert visibility_timeout(aws, queue_url) == "50"

        assert stack.update(broken, DisableRollback=True) == "UPDATE_FAILED"
        stack.client.rollback_stack(StackName=stack.name)
        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert visibility_timeout(aws, queue_url) == "50"


def test_a_template_that_nests_itself(aws: Clients, name: str, upload: Upload) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": ""}}
    url = upload(template(Nested=nested))
    nested["Properties"] = {"TemplateURL": url}
    upload(template(Nested=nested), url)
    with deployed(aws, template(Queue=queue()), f"{name}-parent") as stack:
        assert stack.update(template(Queue=queue(), Nested=nested)) == "UPDATE_ROLLBACK_COMPLETE"

        assert "stacks are nested in each other" in reasons(stack)
        stacks = stack.client.describe_stacks()["Stacks"]
        assert [each for each in stacks if each["StackName"].startswith(f"{stack.name}-")] == []


def test_a_rollback_that_fails_in_a_nested_stack_is_continued(
    aws: Clients, name: str, upload: Upload
) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html"""
    url = upload(CHILD)
    with deployed(aws, parent(url, 30), f"{name}-parent") as stack:
        ids = stack.physical_ids()
        queue_url = aws["ssm"].get_parameter(Name=ids["Url"])["Parameter"]["Value"]
        broken = parent(url, 40, Failing=failing("Nested"))
        assert stack.update(broken, DisableRollback=True) == "UPDATE_FAILED"
        # Somebody deletes the nested queue: it cannot be updated back.
        aws["sqs"].delete_queue(QueueUrl=queue_url)
        stack.client.rollback_stack(StackName=stack.name)
        assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
        stack.client.continue_update_rollback(StackName=stack.name)
        assert stack.settled() == "UPDATE_ROLLBACK_FAILED"
        assert "[Nested]" in stack.describe()["StackStatusReason"]
        with rejected(match="continue the rollback of the nested stack"):
            stack.client.continue_update_rollback(
                StackName=stack.name, ResourcesToSkip=["Nested.Queue"]
            )

        stack.client.continue_update_rollback(StackName=ids["Nested"], ResourcesToSkip=["Queue"])
        nested = Deployed(aws, ids["Nested"])
        nested.id = ids["Nested"]
        assert nested.settled() == "UPDATE_ROLLBACK_COMPLETE"
        stack.client.continue_update_rollback(StackName=stack.name)

        assert stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_the_root_stack_protects_the_nested_ones(aws: Clients, name: str, upload: Upload) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html"""
    url = upload(CHILD)
    client = aws["cloudformation"]
    with deployed(aws, {**parent(url, 30)}, f"{name}-parent") as stack:
        nested = stack.physical_ids()["Nested"]
        for enabled in (True, False):
            client.update_termination_protection(
                StackName=stack.name, EnableTerminationProtection=enabled
            )
            if enabled:
                with rejected(match="TerminationProtection is enabled"):
                    client.delete_stack(StackName=nested)
                assert stack.update(template(Queue=queue())) == "UPDATE_COMPLETE"
        [gone] = client.describe_stacks(StackName=nested)["Stacks"]
        assert gone["StackStatus"] == "DELETE_COMPLETE"


def reasons(stack: Deployed) -> str:
    """Return the reasons of all events of the stack and of those that are nested in it."""
    pages = stack.client.get_paginator("list_stacks").paginate()
    found = [each for page in pages for each in page["StackSummaries"]]
    family = [each for each in found if stack.id in (each["StackId"], each.get("RootId"))]
    return "\n".join(
        event.get("ResourceStatusReason", "")
        for each in family
        for event in stack.client.describe_stack_events(StackName=each["StackId"])["StackEvents"]
    )
