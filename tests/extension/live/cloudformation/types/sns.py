"""Examples of Amazon SNS's resource types."""

import json
from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen

TOPIC = {"Type": "AWS::SNS::Topic"}
QUEUE = {"Type": "AWS::SQS::Queue"}
QUEUE_ARN = {"Fn::GetAtt": ["Queue", "Arn"]}
ROLE = "arn:aws:iam::000000000000:role/feedback"
# LocalStack shows an attribute that was set to its default, and AWS does not.
DEFAULTS = {
    "ArchivePolicy": "{}",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
    "SQSSuccessFeedbackRoleArn": "",
    "SQSSuccessFeedbackSampleRate": "0",
    "SQSFailureFeedbackRoleArn": "",
}


def _topic(seen: Seen) -> Any:
    sns = seen.client("sns")
    arn = seen.physical_id
    attributes = sns.get_topic_attributes(TopicArn=arn)["Attributes"]
    subscriptions = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    data_protection = sns.get_data_protection_policy(ResourceArn=arn).get("DataProtectionPolicy")
    return (
        arn.rpartition(":")[2],
        {name: value for name, value in attributes.items() if DEFAULTS.get(name) != value},
        sorted((each["Protocol"], each["Endpoint"]) for each in subscriptions),
        sorted(
            (tag["Key"], tag["Value"])
            for tag in sns.list_tags_for_resource(ResourceArn=arn)["Tags"]
        ),
        json.loads(data_protection or "null"),
    )


def _subscription(seen: Seen) -> Any:
    sns = seen.client("sns")
    attributes = sns.get_subscription_attributes(SubscriptionArn=seen.physical_id)["Attributes"]
    return {name: value for name, value in attributes.items() if value}


def _policies(seen: Seen) -> Any:
    return {
        logical_id: json.loads(
            seen.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"]
        )
        for logical_id, arn in seen.others.items()
    }


def _policy(action: str) -> Any:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}],
    }


EXAMPLES = [
    Example(
        type="AWS::SNS::Topic",
        properties={},
        others={"Queue": QUEUE},
        changes={
            "DataProtectionPolicy": Change(
                {"Name": "policy", "Version": "2021-06-01", "Statement": []}, ABSENT
            ),
            "DeliveryStatusLogging": Change(
                [
                    {
                        "Protocol": "sqs",
                        "SuccessFeedbackRoleArn": ROLE,
                        "SuccessFeedbackSampleRate": "5",
                        "FailureFeedbackRoleArn": ROLE,
                    }
                ],
                ABSENT,
            ),
            "DisplayName": Change("One", ABSENT),
            "KmsMasterKeyId": Change("alias/aws/sns", ABSENT),
            "SignatureVersion": Change("2", ABSENT),
            "Subscription": Change([{"Protocol": "sqs", "Endpoint": QUEUE_ARN}], ABSENT),
            "Tags": Change(
                [{"Key": "kept", "Value": "1"}, {"Key": "removed", "Value": "1"}],
                [{"Key": "kept", "Value": "2"}, {"Key": "added", "Value": "1"}],
            ),
            "TopicName": Change("t-1", "t-2"),
            "TracingConfig": Change("Active", ABSENT),
        },
        observe=_topic,
        exceptions=dict.fromkeys(
            ("ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope", "FifoTopic"),
            "In the example of a FIFO topic.",
        ),
    ),
    Example(
        type="AWS::SNS::Topic",
        properties={"FifoTopic": True},
        changes={
            "ArchivePolicy": Change({"MessageRetentionPeriod": "30"}, ABSENT),
            "ContentBasedDeduplication": Change(True, ABSENT),
            "DisplayName": Change("One", "Two"),
            "FifoThroughputScope": Change("MessageGroup", ABSENT),
            "FifoTopic": Change(True, ABSENT),
        },
        observe=_topic,
        exceptions=dict.fromkeys(
            (
                "DataProtectionPolicy",
                "DeliveryStatusLogging",
                "KmsMasterKeyId",
                "SignatureVersion",
                "Subscription",
                "Tags",
                "TopicName",
                "TracingConfig",
            ),
            "In the example of a standard topic.",
        ),
    ),
    Example(
        type="AWS::SNS::Subscription",
        properties={"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": QUEUE_ARN},
        others={"Topic": TOPIC, "OtherTopic": TOPIC, "Queue": QUEUE, "OtherQueue": QUEUE},
        changes={
            "DeliveryPolicy": Change(
                {"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 1, "maxDelayTarget": 1}},
                ABSENT,
            ),
            "Endpoint": Change(QUEUE_ARN, {"Fn::GetAtt": ["OtherQueue", "Arn"]}),
            "FilterPolicy": Change({"kind": ["one"]}, ABSENT),
            "FilterPolicyScope": Change(
                "MessageBody", ABSENT, also={"FilterPolicy": {"kind": ["one"]}}
            ),
            "RawMessageDelivery": Change(True, ABSENT),
            "RedrivePolicy": Change({"deadLetterTargetArn": QUEUE_ARN}, ABSENT),
            "SubscriptionRoleArn": Change(ROLE, ABSENT),
            "TopicArn": Change({"Ref": "Topic"}, {"Ref": "OtherTopic"}),
        },
        observe=_subscription,
        exceptions={
            "Protocol": "LocalStack has one subscription for an endpoint, whatever its protocol.",
            "Region": "The topic and the stack of an example are in the same region.",
        },
        unavailable={"ReplayPolicy": ANY},
    ),
    Example(
        type="AWS::SNS::TopicPolicy",
        properties={"PolicyDocument": _policy("sns:Publish"), "Topics": [{"Ref": "First"}]},
        others={"First": TOPIC, "Second": TOPIC},
        changes={
            "PolicyDocument": Change(_policy("sns:Publish"), _policy("sns:Subscribe")),
            "Topics": Change([{"Ref": "First"}], [{"Ref": "Second"}]),
        },
        observe=_policies,
    ),
    Example(
        type="AWS::SNS::TopicInlinePolicy",
        properties={"PolicyDocument": _policy("sns:Publish"), "TopicArn": {"Ref": "First"}},
        others={"First": TOPIC, "Second": TOPIC},
        changes={
            "PolicyDocument": Change(_policy("sns:Publish"), _policy("sns:Subscribe")),
            "TopicArn": Change({"Ref": "First"}, {"Ref": "Second"}),
        },
        observe=_policies,
    ),
]
