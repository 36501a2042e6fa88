"""Functions of a stack: code, versions, aliases, event source mappings and rules.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_Lambda.html
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import Declaration, function, queue, template

ROLE = "arn:aws:iam::000000000000:role/functions"

CODE = """
import cfnresponse
def handler(event, context):
    return [NUMBER, context.function_version, cfnresponse.SUCCESS]
"""


def numbered(number: int) -> Declaration:
    return function(CODE.replace("NUMBER", str(number)), ROLE)


def version(**properties: Any) -> Declaration:
    return {
        "Type": "AWS::Lambda::Version",
        "DeletionPolicy": "Retain",
        "Properties": {"FunctionName": {"Ref": "Function"}, **properties},
    }


def alias(*names: str, weight: float = 0) -> Declaration:
    """Return an alias for the first version, with a weight for the second."""
    numbers = [{"Fn::GetAtt": [name, "Version"]} for name in names]
    routing = {
        "AdditionalVersionWeights": [{"FunctionVersion": numbers[-1], "FunctionWeight": weight}]
    }
    return {
        "Type": "AWS::Lambda::Alias",
        "Properties": {
            "FunctionName": {"Ref": "Function"},
            "FunctionVersion": numbers[0],
            "Name": "live",
            **({"RoutingConfig": routing} if weight else {}),
        },
    }


def invoke(aws: Clients, name: str) -> Any:
    return json.loads(aws["lambda"].invoke(FunctionName=name)["Payload"].read())


def reasons(stack: Deployed) -> str:
    return " ".join(
        event.get("ResourceStatusReason", "")
        for event in stack.last_operation()
        if event["ResourceStatus"].endswith("_FAILED")
    )


def test_alias_moves_with_a_new_version(aws: Clients, name: str) -> None:
    with deployed(
        aws, template(Function=numbered(1), One=version(), Live=alias("One")), name
    ) as stack:
        live = stack.physical_ids()["Live"]
        assert invoke(aws, live) == [1, "1", "SUCCESS"]

        both = template(
            Function=numbered(2), One=version(), Two=version(), Live=alias("One", "Two", weight=0.5)
        )
        assert stack.update(both) == "UPDATE_COMPLETE", stack.report()

        found = aws["lambda"].get_alias(FunctionName=name_of(live), Name="live")
        assert found["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 0.5}}
        assert invoke(aws, name_of(live)) == [2, "$LATEST", "SUCCESS"]

        only_second = template(Function=numbered(2), Two=version(), Live=alias("Two"))
        assert stack.update(only_second) == "UPDATE_COMPLETE", stack.report()

        assert stack.physical_ids()["Live"] == live
        assert invoke(aws, live) == [2, "2", "SUCCESS"]
        # The policy of the first version retains it.
        assert invoke(aws, f"{name_of(live)}:1") == [1, "1", "SUCCESS"]


def name_of(alias_arn: str) -> str:
    return alias_arn.rpartition(":")[0]


def test_unchanged_function_has_no_second_version(aws: Clients, name: str) -> None:
    with deployed(aws, template(Function=numbered(1), One=version()), name) as stack:
        status = stack.update(
            template(Function=numbered(1), One=version(), Two=version(Description="second"))
        )

        assert status == "UPDATE_ROLLBACK_COMPLETE"
        assert "A version for this Lambda function exists ( 1 )." in reasons(stack)


def test_container_image_is_rejected(aws: Clients, name: str) -> None:
    image = function("", ROLE)
    image["Properties"]["Code"] = {"ImageUri": "example.com/image:1"}
    with deployed(aws, template(Queue=queue()), name) as stack:
        status = stack.update(template(Queue=queue(), Function=image))

        assert status == "UPDATE_ROLLBACK_COMPLETE"
        assert "container image is not available" in reasons(stack)


def test_updated_mapping_loses_no_messages(
    aws: Clients, name: str, eventually: Callable[..., Any]
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    code = """
import boto3, os
def handler(event, context):
    sqs = boto3.client("sqs")
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=record["body"])
"""
    forwarding = function(code, ROLE)
    forwarding["Properties"]["Environment"] = {"Variables": {"RESULTS": {"Ref": "Results"}}}

    def mapped(**properties: Any) -> dict[str, Any]:
        return template(
            Queue=queue(),
            Results=queue(),
            Function=forwarding,
            Mapping={
                "Type": "AWS::Lambda::EventSourceMapping",
                "Properties": {
                    "FunctionName": {"Ref": "Function"},
                    "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                    **properties,
                },
            },
        )

    sqs = aws["sqs"]
    with deployed(aws, mapped(BatchSize=2), name) as stack:
        ids = stack.physical_ids()
        sent = [str(number) for number in range(12)]
        for body in sent[:6]:
            sqs.send_message(QueueUrl=ids["Queue"], MessageBody=body)
        assert stack.update(mapped(BatchSize=1)) == "UPDATE_COMPLETE", stack.report()
        for body in sent[6:]:
            sqs.send_message(QueueUrl=ids["Queue"], MessageBody=body)
        assert stack.physical_ids() == ids

        received: set[str] = set()

        def receive_all() -> bool:
            found = sqs.receive_message(QueueUrl=ids["Results"], MaxNumberOfMessages=10)
            received.update(message["Body"] for message in found.get("Messages", ()))
            return received == set(sent)

        eventually(receive_all)


def test_disabled_mapping_can_be_created_again(aws: Clients, name: str) -> None:
    disabled = template(
        Queue=queue(QueueName=name),
        Function={
            **numbered(1),
            "Properties": {**numbered(1)["Properties"], "FunctionName": name},
        },
        Mapping={
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "FunctionName": {"Ref": "Function"},
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "Enabled": False,
            },
        },
    )
    for number in range(2):
        with deployed(aws, disabled, f"{name}-{number}"):
            pass


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        (
            {"EventPattern": {"source": "one"}},
            'Event pattern is not valid. Reason: "source" must be an object or an array',
        ),
        (
            {"ScheduleExpression": "rate(1 minutes)"},
            "Parameter ScheduleExpression is not valid.",
        ),
        (
            {
                "EventPattern": {"source": ["one"]},
                "Targets": [{"Id": "one", "Arn": "arn:aws:ecs:us-east-1:000000000000:cluster/one"}],
            },
            "Target one: a target of the service ecs is not available in this testbed.",
        ),
    ],
    ids=["pattern", "schedule", "target"],
)
def test_invalid_rules(aws: Clients, name: str, properties: dict[str, Any], reason: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html"""
    with deployed(aws, template(Queue=queue()), name) as stack:
        rule = {"Type": "AWS::Events::Rule", "Properties": properties}

        status = stack.update(template(Queue=queue(), Rule=rule))

        assert status == "UPDATE_ROLLBACK_COMPLETE"
        assert reason in reasons(stack)


def test_connection_with_another_kind_of_authorization(aws: Clients, name: str) -> None:
    def connection(kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        properties = {"AuthorizationType": kind, "AuthParameters": parameters}
        return template(Connection={"Type": "AWS::Events::Connection", "Properties": properties})

    api_key = {"ApiKeyAuthParameters": {"ApiKeyName": "name", "ApiKeyValue": "value"}}
    basic = {"BasicAuthParameters": {"Username": "name", "Password": "value"}}
    with deployed(aws, connection("API_KEY", api_key), name) as stack:
        assert stack.update(connection("BASIC", basic)) == "UPDATE_COMPLETE", stack.report()

        found = aws["events"].describe_connection(Name=stack.physical_ids()["Connection"])
        assert found["AuthorizationType"] == "BASIC"
