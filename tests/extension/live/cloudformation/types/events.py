"""Examples of EventBridge's resource types."""

import json
from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

ROLE = "arn:aws:iam::000000000000:role/resource-types"
QUEUE = "arn:aws:sqs:us-east-1:000000000000:resource-types"
PATTERN = {"source": ["first"]}
OTHER_PATTERN = {"source": ["second"], "detail": {"number": [{"numeric": [">", 1]}]}}
TAGS = Change([{"Key": "first", "Value": "1"}], [{"Key": "second", "Value": "2"}])

BUSES = {
    "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "resource-types-bus"}},
    "OtherBus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "resource-types-other"}},
}

API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "first", "ApiKeyValue": "first"}}
HEADERS = {
    "InvocationHttpParameters": {
        "HeaderParameters": [{"Key": "first", "Value": "1", "IsValueSecret": False}]
    }
}


def connection() -> dict[str, Any]:
    return {
        "Type": "AWS::Events::Connection",
        "Properties": {"AuthorizationType": "API_KEY", "AuthParameters": API_KEY},
    }


def observe_rule(seen: Seen) -> Any:
    client = seen.client("events")
    bus, _, name = seen.physical_id.rpartition("|")
    which = {"EventBusName": bus or "default"}
    rule = client.describe_rule(Name=name, **which)
    # The test knows a rule's name only where it is the whole physical id.
    shown = {**rule, "Name": "", "Arn": rule["Arn"].replace(name, "")} if bus else rule
    return {
        **shown,
        "targets": sorted(
            client.list_targets_by_rule(Rule=name, **which)["Targets"],
            key=lambda target: str(target["Id"]),
        ),
        "tags": client.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"],
    }


def observe_bus(seen: Seen) -> Any:
    client = seen.client("events")
    bus = client.describe_event_bus(Name=seen.physical_id)
    return {**bus, "tags": client.list_tags_for_resource(ResourceARN=bus["Arn"])["Tags"]}


def observe_policies(seen: Seen) -> Any:
    client = seen.client("events")
    policies = {}
    for name in BUSES:
        policy = client.describe_event_bus(Name=seen.others[name]).get("Policy")
        statements = json.loads(policy)["Statement"] if policy else []
        policies[name] = sorted(statements, key=lambda statement: str(statement["Sid"]))
    return policies


def observe_archive(seen: Seen) -> Any:
    client = seen.client("events")
    archive = client.describe_archive(ArchiveName=seen.physical_id)
    rule = client.describe_rule(
        Name=f"Events-Archive-{seen.physical_id}",
        EventBusName=archive["EventSourceArn"].rpartition("/")[2],
    )
    return {**archive, "receives": rule["EventPattern"]}


def observe_connection(seen: Seen) -> Any:
    found = seen.client("events").describe_connection(Name=seen.physical_id)
    secret = seen.client("secretsmanager").get_secret_value(SecretId=found.pop("SecretArn"))
    return {**found, "secret": secret["SecretString"]}


def observe_destination(seen: Seen) -> Any:
    found = seen.client("events").describe_api_destination(Name=seen.physical_id)
    del found["ApiDestinationArn"]
    return found


EXAMPLES = [
    Example(
        type="AWS::Events::Rule",
        properties={"EventPattern": PATTERN},
        changes={
            "Description": Change("first", ABSENT),
            "EventBusName": Change(ABSENT, {"Ref": "Bus"}),
            "EventPattern": Change(PATTERN, OTHER_PATTERN),
            "Name": Change("first", "other"),
            "RoleArn": Change(ROLE, ABSENT),
            "ScheduleExpression": Change(ABSENT, "rate(30 days)"),
            "State": Change("DISABLED", ABSENT),
            "Tags": TAGS,
            "Targets": Change(
                [
                    {
                        "Id": "first",
                        "Arn": QUEUE,
                        "RoleArn": ROLE,
                        "InputPath": "$.detail",
                        "DeadLetterConfig": {"Arn": f"{QUEUE}-dead"},
                        "RetryPolicy": {
                            "MaximumRetryAttempts": 3,
                            "MaximumEventAgeInSeconds": 100,
                        },
                    },
                    {"Id": "second", "Arn": QUEUE, "Input": '{"second": 2}'},
                    {"Id": "third", "Arn": QUEUE},
                    {"Id": "fourth", "Arn": QUEUE},
                ],
                [
                    {
                        "Id": "second",
                        "Arn": QUEUE,
                        "InputTransformer": {
                            "InputPathsMap": {"source": "$.source"},
                            "InputTemplate": '{"source": <source>}',
                        },
                    },
                    {
                        "Id": "fifth",
                        "Arn": f"{QUEUE}.fifo",
                        "SqsParameters": {"MessageGroupId": "fifth"},
                    },
                    {
                        "Id": "sixth",
                        "Arn": "arn:aws:execute-api:us-east-1:000000000000:first/stage/GET/path",
                        "RoleArn": ROLE,
                        "HttpParameters": {
                            "HeaderParameters": {"first": "1"},
                            "QueryStringParameters": {"second": "2"},
                            "PathParameterValues": ["third"],
                        },
                    },
                ],
            ),
        },
        observe=observe_rule,
        others=BUSES,
        replaces={
            "EventBusName": "PutRule cannot move a rule; the schema has it in "
            "conditionalCreateOnlyProperties. "
            "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html"
        },
        unavailable={
            "Targets": [
                {
                    "AppSyncParameters": ANY,
                    "BatchParameters": ANY,
                    "EcsParameters": ANY,
                    "KinesisParameters": ANY,
                    "RedshiftDataParameters": ANY,
                    "RunCommandParameters": ANY,
                    "SageMakerPipelineParameters": ANY,
                }
            ]
        },
    ),
    Example(
        type="AWS::Events::EventBus",
        properties={"Name": "resource-types"},
        changes={
            "Description": Change("first", ABSENT),
            "Name": Change("first", "other"),
            "Policy": Change(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Sid": "first",
                            "Effect": "Allow",
                            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                            "Action": "events:PutEvents",
                            "Resource": "arn:aws:events:us-east-1:000000000000:event-bus/*",
                        }
                    ],
                },
                ABSENT,
            ),
            "Tags": TAGS,
        },
        observe=observe_bus,
        unavailable={
            "DeadLetterConfig": ANY,
            "EventSourceName": ANY,
            "KmsKeyIdentifier": ANY,
            "LogConfig": ANY,
        },
    ),
    Example(
        type="AWS::Events::EventBusPolicy",
        properties={
            "EventBusName": {"Ref": "Bus"},
            "StatementId": "first",
            "Action": "events:PutEvents",
            "Principal": "111111111111",
        },
        changes={
            "Condition": Change(
                {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1234567890"},
                ABSENT,
                also={"Principal": "*"},
            ),
            "EventBusName": Change({"Ref": "Bus"}, {"Ref": "OtherBus"}),
            "Principal": Change("111111111111", "222222222222"),
            "Statement": Change(
                ABSENT,
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
                    "Action": "events:PutEvents",
                    "Resource": {"Fn::GetAtt": ["Bus", "Arn"]},
                },
            ),
            "StatementId": Change("first", "second"),
        },
        observe=observe_policies,
        others=BUSES,
        exceptions={"Action": "has only one value"},
    ),
    Example(
        type="AWS::Events::Archive",
        properties={"SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]}},
        changes={
            "ArchiveName": Change("first", "other"),
            "Description": Change("first", ABSENT),
            "EventPattern": Change(PATTERN, ABSENT),
            "RetentionDays": Change(3, ABSENT),
            "SourceArn": Change(
                {"Fn::GetAtt": ["Bus", "Arn"]}, {"Fn::GetAtt": ["OtherBus", "Arn"]}
            ),
        },
        observe=observe_archive,
        others=BUSES,
        unavailable={"KmsKeyIdentifier": ANY},
    ),
    Example(
        type="AWS::Events::Connection",
        properties={"AuthorizationType": "API_KEY", "AuthParameters": API_KEY},
        changes={
            "AuthParameters": Change({**API_KEY, **HEADERS}, API_KEY),
            "Description": Change("first", ABSENT),
            "Name": Change("first", "other"),
        },
        observe=observe_connection,
        exceptions={"AuthorizationType": "can only change together with AuthParameters"},
        unavailable={
            "AuthParameters": {"ConnectivityParameters": ANY},
            "InvocationConnectivityParameters": ANY,
            "KmsKeyIdentifier": ANY,
        },
    ),
    Example(
        type="AWS::Events::ApiDestination",
        properties={
            "ConnectionArn": {"Fn::GetAtt": ["Connection", "Arn"]},
            "HttpMethod": "POST",
            "InvocationEndpoint": "https://example.com/first",
        },
        changes={
            "ConnectionArn": Change(
                {"Fn::GetAtt": ["Connection", "Arn"]}, {"Fn::GetAtt": ["OtherConnection", "Arn"]}
            ),
            "Description": Change("first", ABSENT),
            "HttpMethod": Change("POST", "PUT"),
            "InvocationEndpoint": Change("https://example.com/first", "https://example.com/second"),
            "InvocationRateLimitPerSecond": Change(5, ABSENT),
            "Name": Change("first", "other"),
        },
        observe=observe_destination,
        others={"Connection": connection(), "OtherConnection": connection()},
    ),
]
