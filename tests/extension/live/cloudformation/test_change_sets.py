"""Change sets.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed
from tests.extension.live.cloudformation.templates import queue, template, topic
from tests.extension.live.cloudformation.test_stacks import rejected
from tests.extension.stacks import await_stack, parameters

TEMPLATE: dict[str, Any] = {
    "Parameters": {
        "Delay": {"Type": "Number", "Default": "1"},
        "Secret": {"Type": "String", "Default": "hidden", "NoEcho": True},
    },
    "Resources": {
        "Queue": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "DelaySeconds": {"Ref": "Delay"},
                "Tags": [{"Key": "secret", "Value": {"Ref": "Secret"}}],
            },
        },
    },
    "Outputs": {"Url": {"Value": {"Ref": "Queue"}}},
}
NO_CHANGES = (
    "The submitted information didn't contain changes. "
    "Submit different information to create a change set."
)
FAST = {"Delay": 0.1, "MaxAttempts": 200}


class Changes:
    """The change sets of one stack."""

    def __init__(self, aws: Clients, name: str) -> None:
        self.client = aws["cloudformation"]
        self.stack = Deployed(aws, name)

    def create(self, name: str = "first", **request: Any) -> dict[str, Any]:
        """Create a change set, and return its description once it is complete or failed."""
        arguments = {"TemplateBody": json.dumps(TEMPLATE), **request}
        made = self.client.create_change_set(
            StackName=self.stack.name, ChangeSetName=name, **arguments
        )
        self.stack.id = made["StackId"]
        return until(
            lambda: found if (found := self.describe(name))["Status"] in ENDED else None,
            within=20,
            what="end of the change set",
        )

    def describe(self, name: str, **request: Any) -> dict[str, Any]:
        found = self.client.describe_change_set(
            StackName=self.stack.name, ChangeSetName=name, **request
        )
        return dict(found)

    def execute(self, name: str = "first", **request: Any) -> str:
        """Execute a change set, and return the stack's status when that is over."""
        self.client.execute_change_set(StackName=self.stack.name, ChangeSetName=name, **request)
        return self.stack.settled()

    def names(self) -> list[str]:
        found = self.client.list_change_sets(StackName=self.stack.name)["Summaries"]
        return [each["ChangeSetName"] for each in found]


ENDED = ("CREATE_COMPLETE", "FAILED")


@pytest.fixture
def changes(aws: Clients, name: str) -> Iterator[Changes]:
    made = Changes(aws, name)
    yield made
    if made.stack.id:
        if made.stack.status() != "REVIEW_IN_PROGRESS":
            made.stack.settled()
        assert made.stack.delete() == "DELETE_COMPLETE"


@pytest.fixture
def deployed_changes(changes: Changes) -> Changes:
    assert changes.create(ChangeSetType="CREATE")["Status"] == "CREATE_COMPLETE"
    assert changes.execute() == "CREATE_COMPLETE"
    return changes


def test_change_set_creates_a_stack(changes: Changes) -> None:
    tags = [{"Key": "team", "Value": "shop"}]
    found = changes.create(ChangeSetType="CREATE", Description="begin", Tags=tags)
    assert changes.stack.status() == "REVIEW_IN_PROGRESS"
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert (found["Description"], found["Tags"]) == ("begin", tags)
    assert found["Parameters"][1] == {"ParameterKey": "Secret", "ParameterValue": "****"}
    [change] = found["Changes"]
    assert change["Type"] == "Resource"
    assert change["ResourceChange"]["Action"] == "Add"
    assert change["ResourceChange"]["LogicalResourceId"] == "Queue"
    assert changes.stack.physical_ids() == {}

    assert changes.execute() == "CREATE_COMPLETE"

    described = changes.stack.describe()
    assert described["ChangeSetId"] == found["ChangeSetId"]
    assert described["Tags"] == tags
    assert changes.describe("first")["ExecutionStatus"] == "EXECUTE_COMPLETE"
    statuses = [
        each["ResourceStatus"]
        for each in changes.stack.events()
        if each["LogicalResourceId"] == changes.stack.name
    ]
    assert statuses == ["REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_change_set_updates_a_stack(deployed_changes: Changes) -> None:
    changes = deployed_changes
    url = changes.stack.outputs()["Url"]
    found = changes.create("second", Parameters=parameters(Delay="5", Secret="new"))
    [entry] = found["Changes"]
    change = entry["ResourceChange"]
    assert (change["Action"], change["Replacement"]) == ("Modify", "False")
    assert change["PhysicalResourceId"] == url
    assert change["Scope"] == ["Properties"]
    causes = {
        each["Target"]["Name"]: (each["ChangeSource"], each["CausingEntity"])
        for each in change["Details"]
    }
    assert causes["DelaySeconds"] == ("ParameterReference", "Delay")
    assert "BeforeContext" not in change
    [entry] = changes.describe("second", IncludePropertyValues=True)["Changes"]
    change = entry["ResourceChange"]
    assert json.loads(change["BeforeContext"])["Properties"]["DelaySeconds"] == 1
    after = json.loads(change["AfterContext"])["Properties"]
    assert after["DelaySeconds"] == 5
    assert after["Tags"] == [{"Key": "secret", "Value": "****"}]

    assert changes.execute("second") == "UPDATE_COMPLETE"

    assert changes.stack.outputs()["Url"] == url
    assert changes.names() == ["second"]


def test_template_without_changes(deployed_changes: Changes) -> None:
    found = deployed_changes.create("second")
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == NO_CHANGES
    with rejected("InvalidChangeSetStatus", r"cannot be executed in its current status of \[FAIL"):
        deployed_changes.execute("second")


def test_waiters(aws: Clients, changes: Changes) -> None:
    client, name = aws["cloudformation"], changes.stack.name
    waiter = client.get_waiter("change_set_create_complete")
    changes.create(ChangeSetType="CREATE")
    waiter.wait(StackName=name, ChangeSetName="first", WaiterConfig=FAST)
    changes.execute()
    await_stack(client, name, "create")
    changes.create("second")
    with pytest.raises(WaiterError, match="FAILED"):
        waiter.wait(StackName=name, ChangeSetName="second", WaiterConfig=FAST)


def test_failed_change_set_says_why(deployed_changes: Changes) -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Fn::ImportValue": "none"}}}
    template = json.dumps({"Resources": {"Queue": queue}})
    found = deployed_changes.create("second", TemplateBody=template)
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert "No export named none found" in found["StatusReason"]
    assert deployed_changes.stack.status() == "CREATE_COMPLETE"


def test_transform_without_a_capability(changes: Changes) -> None:
    """``sam deploy`` shows the reason of the change set."""
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"InlineCode": "x", "Runtime": "python3.13", "Handler": "index.handler"},
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Function": function}}
    found = changes.create(ChangeSetType="CREATE", TemplateBody=json.dumps(template))
    assert found["Status"] == "FAILED"
    assert found["StatusReason"] == "Requires capabilities : [CAPABILITY_IAM]"


def test_invalid_template_makes_no_stack(aws: Clients, changes: Changes) -> None:
    queue = {"Type": "AWS::SQS::Queu"}
    with rejected(match="AWS::SQS::Queu"):
        changes.create(ChangeSetType="CREATE", TemplateBody=json.dumps({"Resources": {"Q": queue}}))
    with rejected(match="does not exist"):
        aws["cloudformation"].describe_stacks(StackName=changes.stack.name)


def test_other_change_sets_are_out_of_date(deployed_changes: Changes) -> None:
    changes = deployed_changes
    for number in ("2", "3"):
        changes.create(f"delay-{number}", Parameters=parameters(Delay=number))
    assert changes.names() == ["first", "delay-2", "delay-3"]
    assert changes.execute("delay-2") == "UPDATE_COMPLETE"
    assert changes.names() == ["delay-2"]
    changes.create("delay-4", Parameters=parameters(Delay="4"))
    assert changes.stack.update(TEMPLATE, Parameters=parameters(Delay="5")) == "UPDATE_COMPLETE"
    assert changes.describe("delay-4")["ExecutionStatus"] == "OBSOLETE"
    with rejected("InvalidChangeSetStatus"):
        changes.execute("delay-4")


def test_change_set_is_executed_once(deployed_changes: Changes) -> None:
    with rejected("InvalidChangeSetStatus", r"execution status of \[EXECUTE_COMPLETE\]"):
        deployed_changes.execute()


def test_names_of_change_sets(changes: Changes) -> None:
    made = changes.create(ChangeSetType="CREATE", ClientToken="one")
    with rejected("AlreadyExistsException"):
        changes.create(ChangeSetType="CREATE")
    again = changes.create(ChangeSetType="CREATE", ClientToken="one")
    assert again["ChangeSetId"] == made["ChangeSetId"]
    by_id = changes.client.describe_change_set(ChangeSetName=made["ChangeSetId"])
    assert by_id["ChangeSetName"] == "first"
    with rejected(match="StackName must be specified if ChangeSetName is not specified as an ARN"):
        changes.client.describe_change_set(ChangeSetName="first")
    with rejected("ChangeSetNotFound", r"ChangeSet \[other\] does not exist"):
        changes.describe("other")
    with rejected(match="failed to satisfy constraint"):
        changes.create("under_score", ChangeSetType="CREATE")


def test_deletion(changes: Changes) -> None:
    changes.create(ChangeSetType="CREATE")
    for _ in range(2):  # the second one has nothing to do
        changes.client.delete_change_set(StackName=changes.stack.name, ChangeSetName="first")
    assert changes.names() == []
    assert changes.stack.status() == "REVIEW_IN_PROGRESS"


def test_templates_of_a_change_set(changes: Changes) -> None:
    length = {"Fn::Length": ["one", "two"]}
    name = {"Fn::Sub": ["${AWS::StackName}-${Length}", {"Length": length}]}
    queue = {
        "Type": "AWS::SQS::Queue",
        "Properties": {"DelaySeconds": {"Ref": "Delay"}, "QueueName": name},
    }
    template = {
        **TEMPLATE,
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Queue": queue},
    }
    changes.create(ChangeSetType="CREATE", TemplateBody=json.dumps(template))
    names = {"StackName": changes.stack.name, "ChangeSetName": "first"}
    original = changes.client.get_template(**names)["TemplateBody"]
    processed = changes.client.get_template(**names, TemplateStage="Processed")["TemplateBody"]
    assert original == template
    queue = processed["Resources"]["Queue"]
    assert queue["Properties"]["QueueName"]["Fn::Sub"][1] == {"Length": 2}


def test_wrong_types_of_change_sets(aws: Clients, changes: Changes) -> None:
    with rejected(match=r"Stack \[.*\] does not exist"):
        changes.create()
    with rejected(match="Import of existing resources is not available"):
        changes.create(ChangeSetType="IMPORT", ResourcesToImport=[])
    changes.create(ChangeSetType="CREATE")
    with rejected(match="is in REVIEW_IN_PROGRESS state and can not be updated"):
        changes.create("second")
    assert changes.execute() == "CREATE_COMPLETE"
    with rejected(match=r"already exists and cannot be created again with the changeSet \[second"):
        changes.create("second", ChangeSetType="CREATE")


def test_previous_value_of_a_new_stack(changes: Changes) -> None:
    with rejected(match="Cannot specify UsePreviousValue on Parameters when ChangeSetType is CR"):
        changes.create(
            ChangeSetType="CREATE",
            Parameters=[{"ParameterKey": "Delay", "UsePreviousValue": True}],
        )


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        ("ROLLBACK", "ROLLBACK_COMPLETE"),
        ("DO_NOTHING", "CREATE_FAILED"),
        ("DELETE", "DELETE_COMPLETE"),
    ],
)
def test_failure_of_a_new_stack(changes: Changes, failure: str, status: str) -> None:
    broken = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "/"}}}}
    made = changes.create(
        ChangeSetType="CREATE", TemplateBody=json.dumps(broken), OnStackFailure=failure
    )
    assert changes.execute() == status
    found = changes.client.describe_change_set(ChangeSetName=made["ChangeSetId"])
    assert found["ExecutionStatus"] == "EXECUTE_FAILED"


def test_failed_update_without_rollback(deployed_changes: Changes) -> None:
    changes = deployed_changes
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "/"}}
    broken = {"Resources": {**TEMPLATE["Resources"], "Broken": queue}}
    changes.create("second", TemplateBody=json.dumps({**TEMPLATE, **broken}))
    assert changes.execute("second", DisableRollback=True) == "UPDATE_FAILED"
    assert changes.describe("second")["ExecutionStatus"] == "EXECUTE_FAILED"
    with pytest.raises(ClientError, match="please use the disable-rollback parameter"):
        changes.stack.update(TEMPLATE)
    changes.client.rollback_stack(StackName=changes.stack.name)
    assert changes.stack.settled() == "UPDATE_ROLLBACK_COMPLETE"


def test_an_unchanged_template_creates_again_what_failed(aws: Clients, name: str) -> None:
    stack = Deployed(aws, name)
    body = json.dumps(template(Queue=queue(), Topic=topic(TopicName=name)))
    aws["sns"].create_topic(Name=name)
    made = stack.client.create_stack(StackName=name, TemplateBody=body, DisableRollback=True)
    stack.id = made["StackId"]
    assert stack.settled() == "CREATE_FAILED"
    arns = [each["TopicArn"] for each in aws["sns"].list_topics()["Topics"]]
    aws["sns"].delete_topic(TopicArn=next(arn for arn in arns if arn.endswith(f":{name}")))

    again = stack.client.create_change_set(
        StackName=name, ChangeSetName="again", TemplateBody=body
    )["Id"]
    described = stack.client.describe_change_set(ChangeSetName=again)
    assert [each["ResourceChange"]["Action"] for each in described["Changes"]] == ["Add"]
    stack.client.execute_change_set(ChangeSetName=again, DisableRollback=True)

    assert stack.settled() == "UPDATE_COMPLETE", stack.report()
    assert stack.delete() == "DELETE_COMPLETE"
