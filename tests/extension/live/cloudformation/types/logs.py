"""Examples of Amazon CloudWatch Logs's resource types."""

from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

GROUP = {"Type": "AWS::Logs::LogGroup"}
KEY = {"Type": "AWS::KMS::Key"}
ROLE = "arn:aws:iam::000000000000:role/"
FUNCTION = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": f"{ROLE}function",
        "Code": {"ZipFile": "def handler(event, context): pass"},
    },
}


def _group(seen: Seen) -> Any:
    logs = seen.client("logs")
    name = seen.physical_id
    found = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    [group] = [group for group in found if group["logGroupName"] == name]
    arn = group["arn"].removesuffix(":*")
    return (
        {key: value for key, value in group.items() if key != "creationTime"},
        logs.list_tags_for_resource(resourceArn=arn).get("tags"),
    )


def _streams(seen: Seen) -> Any:
    logs = seen.client("logs")
    return {
        logical_id: [
            stream["logStreamName"]
            for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]
        ]
        for logical_id, name in seen.others.items()
    }


def _metric_filters(seen: Seen) -> Any:
    logs = seen.client("logs")
    return {
        logical_id: _without_time(logs.describe_metric_filters(logGroupName=name)["metricFilters"])
        for logical_id, name in seen.others.items()
    }


def _subscription_filters(seen: Seen) -> Any:
    logs = seen.client("logs")
    return {
        logical_id: _without_time(
            logs.describe_subscription_filters(logGroupName=seen.others[logical_id])[
                "subscriptionFilters"
            ]
        )
        for logical_id in ("Group", "OtherGroup")
    }


def _without_time(values: Any) -> Any:
    return [
        {name: part for name, part in value.items() if name != "creationTime"} for value in values
    ]


def _resource_policy(seen: Seen) -> Any:
    policies = seen.client("logs").describe_resource_policies()["resourcePolicies"]
    return [
        (policy["policyName"], policy["policyDocument"])
        for policy in policies
        if policy["policyName"] == seen.physical_id
    ]


def _transformation(**parts: Any) -> Any:
    return [{"MetricName": "Errors", "MetricNamespace": "Example", "MetricValue": "1", **parts}]


EXAMPLES = [
    Example(
        type="AWS::Logs::LogGroup",
        properties={},
        others={"Key": KEY},
        changes={
            "KmsKeyId": Change({"Fn::GetAtt": ["Key", "Arn"]}, ABSENT),
            "LogGroupName": Change("g-1", "g-2"),
            "RetentionInDays": Change(7, ABSENT),
            "Tags": Change(ABSENT, [{"Key": "added", "Value": "1"}]),
        },
        observe=_group,
        unavailable={
            "DataProtectionPolicy": ANY,
            "DeletionProtectionEnabled": ANY,
            "FieldIndexPolicies": ANY,
            "LogGroupClass": ("INFREQUENT_ACCESS", "DELIVERY"),
            "ResourcePolicyDocument": ANY,
        },
    ),
    Example(
        type="AWS::Logs::LogStream",
        properties={"LogGroupName": {"Ref": "Group"}},
        others={"Group": GROUP, "OtherGroup": GROUP},
        changes={
            "LogGroupName": Change({"Ref": "Group"}, {"Ref": "OtherGroup"}),
            "LogStreamName": Change("s-1", "s-2"),
        },
        observe=_streams,
    ),
    Example(
        type="AWS::Logs::MetricFilter",
        properties={
            "LogGroupName": {"Ref": "Group"},
            "FilterPattern": "ERROR",
            "MetricTransformations": _transformation(),
        },
        others={"Group": GROUP, "OtherGroup": GROUP},
        changes={
            "FilterName": Change("f-1", "f-2"),
            "FilterPattern": Change("ERROR", "WARNING"),
            "LogGroupName": Change({"Ref": "Group"}, {"Ref": "OtherGroup"}),
            "MetricTransformations": Change(
                _transformation(DefaultValue=0, Unit="Count"),
                _transformation(Dimensions=[{"Key": "kind", "Value": "$.kind"}]),
            ),
        },
        observe=_metric_filters,
        unavailable={
            "ApplyOnTransformedLogs": ANY,
            "EmitSystemFieldDimensions": ANY,
            "FieldSelectionCriteria": ANY,
        },
    ),
    Example(
        type="AWS::Logs::SubscriptionFilter",
        properties={
            "LogGroupName": {"Ref": "Group"},
            "FilterPattern": "ERROR",
            "DestinationArn": {"Fn::GetAtt": ["Target", "Arn"]},
        },
        others={"Group": GROUP, "OtherGroup": GROUP, "Target": FUNCTION, "OtherTarget": FUNCTION},
        changes={
            "DestinationArn": Change(
                {"Fn::GetAtt": ["Target", "Arn"]}, {"Fn::GetAtt": ["OtherTarget", "Arn"]}
            ),
            "FilterName": Change("f-1", "f-2"),
            "FilterPattern": Change("ERROR", "WARNING"),
            "LogGroupName": Change({"Ref": "Group"}, {"Ref": "OtherGroup"}),
            "RoleArn": Change(f"{ROLE}one", ABSENT),
        },
        observe=_subscription_filters,
        unavailable={
            "ApplyOnTransformedLogs": ANY,
            "Distribution": "Random",
            "EmitSystemFields": ANY,
            "FieldSelectionCriteria": ANY,
        },
    ),
    Example(
        type="AWS::Logs::ResourcePolicy",
        properties={"PolicyName": "example", "PolicyDocument": '{"Statement": []}'},
        changes={
            "PolicyDocument": Change('{"Statement": []}', '{"Version": "2012-10-17"}'),
            "PolicyName": Change("p-1", "p-2"),
        },
        observe=_resource_policy,
    ),
]
