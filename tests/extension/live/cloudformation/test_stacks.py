"""Stacks through CloudFormation's API.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import CAPABILITIES, Deployed, deployed
from tests.extension.scheduling import Queue
from tests.extension.stacks import await_stack, parameters

ACCOUNT = "000000000000"
TEMPLATE: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Description": "A queue",
    "Metadata": {"Owner": "tests"},
    "Parameters": {
        "Delay": {"Type": "Number", "Default": "1", "MaxValue": 900, "Description": "seconds"},
        "Color": {"Type": "String", "Default": "red", "AllowedValues": ["red", "blue"]},
        "Secret": {"Type": "String", "Default": "hidden", "NoEcho": True},
    },
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Metadata": {"note": "orders"},
            "Properties": {
                "DelaySeconds": {"Ref": "Delay"},
                "Tags": [{"Key": "secret", "Value": {"Ref": "Secret"}}],
            },
        },
    },
    "Outputs": {
        "Url": {"Value": {"Ref": "Queue"}, "Description": "where to send"},
        "Arn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
    },
}
BODY = json.dumps(TEMPLATE)


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[Deployed]:
    with deployed(aws, TEMPLATE, name) as made:
        yield made


def rejected(code: str = "ValidationError", match: str = "") -> Any:
    """Expect an error with this code and a message that matches."""
    return pytest.raises(ClientError, match=rf"(?s)\({code}\).*{match}")


def test_description_of_a_stack(stack: Deployed) -> None:
    found = stack.describe()
    assert re.fullmatch(
        rf"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{stack.name}/[0-9a-f-]{{36}}", stack.id
    )
    assert found["Description"] == "A queue"
    assert found["Parameters"] == [
        {"ParameterKey": "Delay", "ParameterValue": "1"},
        {"ParameterKey": "Color", "ParameterValue": "red"},
        {"ParameterKey": "Secret", "ParameterValue": "****"},
    ]
    assert (found["Tags"], found["NotificationARNs"]) == ([], [])
    assert found["Capabilities"] == CAPABILITIES
    assert found["EnableTerminationProtection"] is found["DisableRollback"] is False
    assert found["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    assert not {"ParentId", "RootId", "LastUpdatedTime", "DeletionTime"} & set(found)
    url, arn = found["Outputs"]
    assert (url["OutputKey"], url["Description"]) == ("Url", "where to send")
    assert arn["OutputValue"].startswith(f"arn:aws:sqs:us-east-1:{ACCOUNT}:{stack.name}-Queue-")


def test_description_of_resources(stack: Deployed) -> None:
    client, names = stack.client, {"StackName": stack.name, "LogicalResourceId": "Queue"}
    [described] = client.describe_stack_resources(StackName=stack.name)["StackResources"]
    assert (described["ResourceType"], described["ResourceStatus"]) == (
        "AWS::SQS::Queue",
        "CREATE_COMPLETE",
    )
    url = described["PhysicalResourceId"]
    by_id = client.describe_stack_resources(PhysicalResourceId=url)["StackResources"]
    assert [each["StackId"] for each in by_id] == [stack.id]
    assert client.describe_stack_resources(**names)["StackResources"] == [described]
    detail = client.describe_stack_resource(**names)["StackResourceDetail"]
    assert json.loads(detail["Metadata"]) == {"note": "orders"}
    [summary] = client.list_stack_resources(StackName=stack.name)["StackResourceSummaries"]
    assert summary["PhysicalResourceId"] == url
    with rejected(match=f"Resource Other does not exist for stack {stack.name}"):
        client.describe_stack_resource(StackName=stack.name, LogicalResourceId="Other")
    with rejected(match="Stack for no-such-resource does not exist"):
        client.describe_stack_resources(PhysicalResourceId="no-such-resource")


def test_events(stack: Deployed) -> None:
    events = stack.events()
    assert [(each["LogicalResourceId"], each["ResourceStatus"]) for each in events] == [
        (stack.name, "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_IN_PROGRESS"),
        ("Queue", "CREATE_COMPLETE"),
        (stack.name, "CREATE_COMPLETE"),
    ]
    assert events[0]["ResourceStatusReason"] == "User Initiated"
    assert events[2]["ResourceStatusReason"] == "Resource creation Initiated"
    assert json.loads(events[1]["ResourceProperties"]) == {
        "DelaySeconds": 1,
        "Tags": [{"Key": "secret", "Value": "****"}],
    }
    newest = stack.client.describe_stack_events(StackName=stack.name)["StackEvents"]
    assert newest == events[::-1]
    found = stack.client.describe_events(StackName=stack.name)["OperationEvents"]
    assert [each["EventId"] for each in found] == [each["EventId"] for each in newest]


def test_template_of_a_stack(stack: Deployed) -> None:
    found = stack.client.get_template(StackName=stack.name)
    assert found["TemplateBody"] == TEMPLATE
    assert found["StagesAvailable"] == ["Original", "Processed"]


def test_missing_stacks(aws: Clients) -> None:
    client, missing = aws["cloudformation"], {"StackName": "missing"}
    for call in (
        client.describe_stacks,
        client.describe_stack_resources,
        client.list_stack_resources,
        client.get_template,
        client.get_template_summary,
        client.get_stack_policy,
    ):
        with rejected(match="Stack with id missing does not exist"):
            call(**missing)
    for call in (
        client.describe_stack_events,
        client.cancel_update_stack,
        client.continue_update_rollback,
        client.rollback_stack,
        client.list_change_sets,
    ):
        with rejected(match=r"Stack \[missing\] does not exist"):
            call(**missing)
    with rejected(match=r"Stack \[missing\] does not exist"):
        client.update_stack(**missing, TemplateBody=BODY)
    client.delete_stack(**missing)


@pytest.mark.parametrize("given", ["1st", "under_score", "a" * 129, "ä", "a\0b"])
def test_invalid_stack_names(aws: Clients, given: str) -> None:
    with rejected(match=r"1 validation error detected: Value '.*' at 'stackName' failed to sat"):
        aws["cloudformation"].create_stack(StackName=given, TemplateBody=BODY)


def test_stack_that_exists_already(stack: Deployed) -> None:
    with rejected("AlreadyExistsException", rf"Stack \[{stack.name}\] already exists"):
        stack.client.create_stack(StackName=stack.name, TemplateBody=BODY)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "Either Template URL or Template Body must be specified."),
        ({"TemplateBody": BODY, "TemplateURL": "https://s3.amazonaws.com/a/b"}, "exactly one of"),
        ({"TemplateBody": BODY + " " * 51_200}, "length less than or equal to 51200"),
        ({"TemplateURL": "https://example.com/a/b"}, "TemplateURL must be a supported URL"),
        ({"TemplateURL": "https://s3.amazonaws.com/no-such-bucket-here/b"}, "S3 error: .*bucket"),
        ({"TemplateBody": "{"}, "Template format error"),
        ({"TemplateBody": "[" * 3000}, "Template format error"),
        ({"TemplateBody": "{}"}, "At least one Resources member must be defined."),
        (
            {"TemplateBody": BODY, "Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(51)]},
            "'tags' failed .* length less than or equal to 50",
        ),
        ({"TemplateBody": BODY, "Tags": [{"Key": "aws:x", "Value": "v"}]}, "reserved"),
        ({"TemplateBody": BODY, "Parameters": parameters(Other="1")}, "do not exist in the templa"),
        ({"TemplateBody": BODY, "Parameters": parameters(Delay="x")}, "Delay"),
        ({"TemplateBody": BODY, "Parameters": parameters(Delay="901")}, "Delay"),
        (
            {"TemplateBody": BODY, "OnFailure": "DELETE", "DisableRollback": True},
            "either the OnFailure parameter or the DisableRollback parameter",
        ),
        ({"TemplateBody": BODY, "ResourceTypes": ["AWS::SNS::*"]}, "AWS::SQS::Queue is not allow"),
        ({"TemplateBody": BODY, "StackPolicyBody": "{}"}, "Error validating stack policy"),
        ({"TemplateBody": BODY, "NotificationARNs": ["topic"]}, "topic is not the ARN"),
        (
            {"TemplateBody": BODY, "RollbackConfiguration": {"MonitoringTimeInMinutes": 5}},
            "RollbackConfiguration is not available",
        ),
    ],
)
def test_invalid_request_creates_nothing(
    aws: Clients, name: str, request_: dict[str, Any], message: str
) -> None:
    client = aws["cloudformation"]
    with rejected(match=message):
        client.create_stack(StackName=name, **request_)
    with rejected(match="does not exist"):
        client.describe_stacks(StackName=name)


def test_missing_capability(aws: Clients, name: str) -> None:
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "AssumeRolePolicyDocument": {}},
    }
    with rejected("InsufficientCapabilitiesException", r"Requires capabilities : \[CAPABILITY_NAM"):
        aws["cloudformation"].create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": {"Role": role}})
        )


def test_unavailable_operations(aws: Clients, stack: Deployed) -> None:
    client = aws["cloudformation"]
    for call, request in (
        (client.detect_stack_drift, {"StackName": stack.name}),
        (client.create_stack_set, {"StackSetName": "set"}),
        (client.list_types, {}),
    ):
        with pytest.raises(ClientError, match="is not available in this testbed") as raised:
            call(**request)
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_update(stack: Deployed) -> None:
    with rejected(match=r"No updates are to be performed\."):
        stack.update(TEMPLATE)

    assert stack.update(TEMPLATE, Parameters=parameters(Delay="5")) == "UPDATE_COMPLETE"

    found = stack.describe()
    assert found["LastUpdatedTime"] >= found["CreationTime"]
    # What is not given returns to its default; the previous value has to be asked for.
    stack.client.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Delay", "UsePreviousValue": True}, *parameters(Secret="x")],
    )
    assert stack.settled() == "UPDATE_COMPLETE"
    assert stack.describe()["Parameters"][0]["ParameterValue"] == "5"


def test_previous_value_of_what_is_new(stack: Deployed) -> None:
    with rejected(match="Cannot specify usePreviousValue as true for a parameter key not in"):
        stack.client.update_stack(
            StackName=stack.name,
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "Other", "UsePreviousValue": True}],
        )


def test_tags_stay_until_they_are_given(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html"""
    tags = [{"Key": "team", "Value": "shop"}]
    with deployed(aws, TEMPLATE, name, Tags=tags) as stack:
        url = stack.outputs()["Url"]
        assert aws["sqs"].list_queue_tags(QueueUrl=url)["Tags"]["team"] == "shop"
        stack.update(TEMPLATE, Parameters=parameters(Delay="2"))
        assert stack.describe()["Tags"] == tags
        stack.update(TEMPLATE, Tags=[])
        assert stack.describe()["Tags"] == []
        assert "team" not in aws["sqs"].list_queue_tags(QueueUrl=url)["Tags"]


def test_operations_that_the_status_forbids(stack: Deployed) -> None:
    client, names = stack.client, {"StackName": stack.name}
    with rejected(match="CancelUpdateStack cannot be called from current stack status"):
        client.cancel_update_stack(**names)
    with rejected(match="is in CREATE_COMPLETE state and can not"):
        client.continue_update_rollback(**names)
    with rejected(match="is in CREATE_COMPLETE state and can not be rolled back"):
        client.rollback_stack(**names)
    with rejected(match="only when the stack is in the DELETE_FAILED state"):
        client.delete_stack(**names, RetainResources=["Queue"])


def test_stack_whose_creation_failed_can_only_be_deleted(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    broken = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "/"}}}}
    stack = Deployed(aws, name)
    assert stack.create(broken) == "ROLLBACK_COMPLETE"
    with rejected(match=rf"Stack:{stack.id} is in ROLLBACK_COMPLETE state and can not be updated"):
        client.update_stack(StackName=name, TemplateBody=BODY)
    with rejected("AlreadyExistsException"):
        client.create_stack(StackName=name, TemplateBody=BODY)
    assert stack.delete() == "DELETE_COMPLETE"


def test_deleted_stack_is_found_by_its_id(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    with deployed(aws, TEMPLATE, name) as stack:
        pass
    with rejected(match=f"Stack with id {name} does not exist"):
        client.describe_stacks(StackName=name)
    [found] = client.describe_stacks(StackName=stack.id)["Stacks"]
    assert found["DeletionTime"] > found["CreationTime"]
    assert stack.id not in [each["StackId"] for each in client.describe_stacks()["Stacks"]]
    pages = client.get_paginator("list_stacks").paginate(StackStatusFilter=["DELETE_COMPLETE"])
    assert stack.id in [each["StackId"] for page in pages for each in page["StackSummaries"]]
    await_stack(client, stack.id, "delete")


def test_waiters(aws: Clients, name: str) -> None:
    client = aws["cloudformation"]
    client.create_stack(StackName=name, TemplateBody=BODY)
    fast = {"Delay": 0.1, "MaxAttempts": 200}
    client.get_waiter("stack_exists").wait(StackName=name, WaiterConfig=fast)
    await_stack(client, name, "create")
    client.update_stack(StackName=name, TemplateBody=BODY, Parameters=parameters(Delay="3"))
    await_stack(client, name, "update")
    client.delete_stack(StackName=name)
    await_stack(client, name, "delete")


def test_termination_protection(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html"""
    client = aws["cloudformation"]
    with deployed(aws, TEMPLATE, name, EnableTerminationProtection=True) as stack:
        assert stack.describe()["EnableTerminationProtection"]
        with rejected(match="cannot be deleted while TerminationProtection is enabled"):
            stack.delete()
        client.update_termination_protection(StackName=name, EnableTerminationProtection=False)


def test_stack_policy(aws: Clients, stack: Deployed) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html"""
    client = aws["cloudformation"]
    anything = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
    protected = {**anything, "Effect": "Deny", "Resource": "LogicalResourceId/Queue"}
    policy = json.dumps({"Statement": [protected, anything]})
    client.set_stack_policy(StackName=stack.name, StackPolicyBody=policy)
    assert client.get_stack_policy(StackName=stack.name)["StackPolicyBody"] == policy
    change = {"Parameters": parameters(Delay="7")}
    with rejected(
        match=r"Action denied by stack policy: Statement \[#1\] does not allow \[Update:Modify\]"
    ):
        stack.update(TEMPLATE, **change)
    allowing = json.dumps({"Statement": anything})
    assert stack.update(TEMPLATE, **change, StackPolicyDuringUpdateBody=allowing) == (
        "UPDATE_COMPLETE"
    )
    assert client.get_stack_policy(StackName=stack.name)["StackPolicyBody"] == policy


def test_request_token(aws: Clients, name: str) -> None:
    """A request that is sent again has no effect; its token is in the events."""
    client = aws["cloudformation"]
    request = {"StackName": name, "TemplateBody": BODY}
    stack = Deployed(aws, name)
    made = [client.create_stack(**request, ClientRequestToken="first") for _ in range(2)]
    stack.id = made[0]["StackId"]
    assert made[1]["StackId"] == stack.id
    assert stack.settled() == "CREATE_COMPLETE"
    assert {each["ClientRequestToken"] for each in stack.events()} == {"first"}
    change = {**request, "Parameters": parameters(Delay="4")}
    with rejected("TokenAlreadyExistsException"):
        client.update_stack(**change, ClientRequestToken="first")
    for _ in range(2):
        client.update_stack(**change, ClientRequestToken="second")
    assert stack.settled() == "UPDATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"


def test_notifications(aws: Clients, name: str, queue: Queue) -> None:
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    with deployed(aws, TEMPLATE, name, NotificationARNs=[topic]) as stack:
        assert stack.describe()["NotificationARNs"] == [topic]
        received: list[dict[str, str]] = []

        def complete() -> bool:
            for each in queue.taken():
                message = json.loads(each["Body"])
                assert message["Subject"] == "AWS CloudFormation Notification"
                received.append(dict(re.findall(r"(\w+)='(.*)'\n", message["Message"])))
            return len(received) >= 5

        until(complete, within=20, what="notifications")
    # Standard topics and queues do not keep the order.
    assert sorted(each["ResourceStatus"] for each in received) == [
        *["CREATE_COMPLETE"] * 2,
        *["CREATE_IN_PROGRESS"] * 3,
    ]
    assert {each["StackId"] for each in received} == {stack.id}
    aws["sns"].delete_topic(TopicArn=topic)


def test_template_in_s3(aws: Clients, name: str, localstack_endpoint: str) -> None:
    client, s3 = aws["cloudformation"], aws["s3"]
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a b.json", Body=BODY + " " * 60_000)
    s3.put_object(Bucket=name, Key="long", Body=" " * 1_000_001)
    for url in (
        f"https://{name}.s3.amazonaws.com/a%20b.json",
        f"https://{name}.s3.us-east-1.amazonaws.com/a%20b.json",
        f"https://s3.us-east-1.amazonaws.com/{name}/a%20b.json",
        f"{localstack_endpoint}/{name}/a%20b.json",
        s3.generate_presigned_url("get_object", Params={"Bucket": name, "Key": "a b.json"}),
    ):
        assert client.validate_template(TemplateURL=url)["Description"] == "A queue"
    stack = Deployed(aws, name)
    stack.id = client.create_stack(StackName=name, TemplateURL=url)["StackId"]
    assert stack.settled() == "CREATE_COMPLETE"
    assert stack.delete() == "DELETE_COMPLETE"
    with rejected(match="S3 error: The specified key does not exist"):
        client.validate_template(TemplateURL=f"https://s3.amazonaws.com/{name}/other")
    with rejected(match="Template may not exceed 1000000 bytes in size"):
        client.validate_template(TemplateURL=f"https://s3.amazonaws.com/{name}/long")
    for key in ("a b.json", "long"):
        s3.delete_object(Bucket=name, Key=key)
    s3.delete_bucket(Bucket=name)


def test_parameter_of_the_parameter_store(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html"""
    template = {
        **TEMPLATE,
        "Parameters": {
            "Delay": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": name},
            "Secret": {"Type": "String", "Default": "x"},
        },
    }
    stack = Deployed(aws, name)
    with rejected(match=rf"Unable to fetch parameters \[{name}\] from parameter store"):
        stack.create(template)
    aws["ssm"].put_parameter(Name=name, Type="String", Value="9")
    with deployed(aws, template, name) as stack:
        assert stack.describe()["Parameters"][0] == {
            "ParameterKey": "Delay",
            "ParameterValue": name,
            "ResolvedValue": "9",
        }
    aws["ssm"].delete_parameter(Name=name)


def test_summary_of_a_template(aws: Clients) -> None:
    client = aws["cloudformation"]
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    template = {**TEMPLATE, "Resources": {**TEMPLATE["Resources"], "Role": role}}
    found = client.get_template_summary(TemplateBody=json.dumps(template))
    assert found["Parameters"][0] == {
        "ParameterKey": "Delay",
        "DefaultValue": "1",
        "ParameterType": "Number",
        "NoEcho": False,
        "Description": "seconds",
        "ParameterConstraints": {},
    }
    assert found["Parameters"][1]["ParameterConstraints"] == {"AllowedValues": ["red", "blue"]}
    assert found["ResourceTypes"] == ["AWS::SQS::Queue", "AWS::IAM::Role"]
    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert "AWS::IAM::Role" in found["CapabilitiesReason"]
    assert found["Version"] == "2010-09-09"
    assert json.loads(found["Metadata"]) == {"Owner": "tests"}
    identifiers = {
        each["ResourceType"]: each["ResourceIdentifiers"]
        for each in found["ResourceIdentifierSummaries"]
    }
    assert identifiers["AWS::SQS::Queue"] == ["QueueUrl"]
    valid = client.validate_template(TemplateBody=json.dumps(template))
    assert [each["ParameterKey"] for each in valid["Parameters"]] == ["Delay", "Color", "Secret"]
    assert valid["Capabilities"] == ["CAPABILITY_IAM"]


def test_summary_of_a_template_without_parameters(aws: Clients) -> None:
    """``sam deploy`` relies on the empty list."""
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    found = aws["cloudformation"].get_template_summary(TemplateBody=template)
    assert (found["Parameters"], found["DeclaredTransforms"]) == ([], [])
    assert "Capabilities" not in found
    assert aws["cloudformation"].validate_template(TemplateBody=template)["Parameters"] == []


def test_summary_of_a_template_with_a_transform(aws: Clients) -> None:
    template = {**TEMPLATE, "Transform": "AWS::Serverless-2016-10-31"}
    found = aws["cloudformation"].get_template_summary(TemplateBody=json.dumps(template))
    assert found["DeclaredTransforms"] == ["AWS::Serverless-2016-10-31"]
    assert found["Capabilities"] == ["CAPABILITY_AUTO_EXPAND"]


def test_account_limits(aws: Clients) -> None:
    limits = aws["cloudformation"].describe_account_limits()["AccountLimits"]
    assert {"Name": "StackOutputsLimit", "Value": 200} in limits


def test_invalid_page_token(aws: Clients) -> None:
    with rejected(match="Invalid NextToken"):
        aws["cloudformation"].list_stacks(NextToken="guessed")
