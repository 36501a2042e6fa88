"""Resource types of Amazon SNS."""

import json
from dataclasses import replace
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.helpers import (
    exists,
    json_text,
    tag_list,
    unavailable,
    update_tags,
)
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
    is_missing,
)

_TOPIC_DEFAULTS = {
    "ArchivePolicy": "{}",
    "ContentBasedDeduplication": "false",
    "DisplayName": "",
    "FifoThroughputScope": "Topic",
    "KmsMasterKeyId": "",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
}
"""https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html"""
_LOGGED_PROTOCOLS = {
    "http/s": "HTTP",
    "sqs": "SQS",
    "lambda": "Lambda",
    "firehose": "Firehose",
    "application": "Application",
}
_LOGGING_DEFAULTS = {
    "SuccessFeedbackRoleArn": "",
    "SuccessFeedbackSampleRate": "0",
    "FailureFeedbackRoleArn": "",
}


class Topic(ResourceType):
    """AWS::SNS::Topic. The physical id is the topic's ARN."""

    name_property = "TopicName"

    def create(self, context: Context, properties: Properties) -> str:
        """Create the topic and its subscriptions."""
        sns = context.client("sns")
        name = properties.get("TopicName") or _generated_name(context, properties)
        arn = f"arn:aws:sns:{context.region}:{context.account}:{name}"
        if exists(sns.get_topic_attributes, TopicArn=arn):
            raise AlreadyExistsError(context.type_name, name)
        attributes = _topic_attributes(properties)
        if properties.get("FifoTopic"):
            attributes["FifoTopic"] = "true"
        request: dict[str, Any] = {"Name": name, "Attributes": attributes}
        if tags := properties.get("Tags"):
            request["Tags"] = tags
        if "DataProtectionPolicy" in properties:
            request["DataProtectionPolicy"] = json_text(properties["DataProtectionPolicy"])
        arn = str(sns.create_topic(**request)["TopicArn"])
        context.created(arn)
        for protocol, endpoint in _endpoints(properties):
            sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
        return arn

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set what differs; the ARN and other subscriptions stay."""
        sns = context.client("sns")
        current = sns.get_topic_attributes(TopicArn=physical_id)["Attributes"]
        defaults = {
            **_topic_defaults(new),
            **{name: _LOGGING_DEFAULTS[_kind(name)] for name in _logging(old)},
        }
        for name, value in {**defaults, **_topic_attributes(new)}.items():
            if current.get(name, defaults.get(name)) != value:
                sns.set_topic_attributes(
                    TopicArn=physical_id, AttributeName=name, AttributeValue=value
                )
        if old.get("DataProtectionPolicy") != new.get("DataProtectionPolicy"):
            sns.put_data_protection_policy(
                ResourceArn=physical_id,
                DataProtectionPolicy=json_text(new.get("DataProtectionPolicy", "")),
            )
        update_tags(
            old,
            new,
            tag=lambda tags: sns.tag_resource(ResourceArn=physical_id, Tags=tag_list(tags)),
            untag=lambda keys: sns.untag_resource(ResourceArn=physical_id, TagKeys=keys),
        )
        _update_endpoints(sns, physical_id, old, new)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Delete the topic and its subscriptions."""
        sns = context.client("sns")
        for subscription in _subscriptions(sns, physical_id):
            _unsubscribe(sns, subscription["SubscriptionArn"])
        sns.delete_topic(TopicArn=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the topic's ARN and name."""
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[-1]}


def _generated_name(context: Context, properties: Properties) -> str:
    """Return a name of at most 256 characters, with the suffix of FIFO topics."""
    if properties.get("FifoTopic"):
        return context.generated_name(251) + ".fifo"
    return context.generated_name(256)


def _topic_defaults(properties: Properties) -> dict[str, str]:
    fifo_only = ("ArchivePolicy", "ContentBasedDeduplication", "FifoThroughputScope")
    return {
        name: value
        for name, value in _TOPIC_DEFAULTS.items()
        if properties.get("FifoTopic") or name not in fifo_only
    }


def _topic_attributes(properties: Properties) -> dict[str, str]:
    """Return the properties that are attributes in SNS's API."""
    plain = {name: json_text(properties[name]) for name in _TOPIC_DEFAULTS if name in properties}
    return plain | _logging(properties)


def _logging(properties: Properties) -> dict[str, str]:
    """Return the attributes of the logging of deliveries, such as SQSSuccessFeedbackRoleArn.

    https://docs.aws.amazon.com/sns/latest/dg/topics-attrib.html
    """
    return {
        _LOGGED_PROTOCOLS[each["Protocol"]] + name: each.get(name, default)
        for each in properties.get("DeliveryStatusLogging", ())
        for name, default in _LOGGING_DEFAULTS.items()
    }


def _kind(attribute: str) -> str:
    return next(name for name in _LOGGING_DEFAULTS if attribute.endswith(name))


def _endpoints(properties: Properties) -> list[tuple[str, str]]:
    """Return the protocol and endpoint of each of a topic's own subscriptions."""
    return [(each["Protocol"], each["Endpoint"]) for each in properties.get("Subscription", ())]


def _update_endpoints(sns: Any, arn: str, old: Properties, new: Properties) -> None:
    """Subscribe and unsubscribe endpoints; subscriptions that are not the topic's own stay."""
    current = {(each["Protocol"], each["Endpoint"]): each for each in _subscriptions(sns, arn)}
    for key in _endpoints(old):
        if key in current and key not in _endpoints(new):
            _unsubscribe(sns, current[key]["SubscriptionArn"])
    for protocol, endpoint in _endpoints(new):
        if (protocol, endpoint) not in current:
            sns.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint)


def _subscriptions(sns: Any, arn: str) -> list[Any]:
    pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    return [each for page in pages for each in page["Subscriptions"]]


def _unsubscribe(sns: Any, arn: str) -> None:
    """Delete a subscription unless it is pending: it cannot be deleted, and expires.

    https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
    """
    if arn == "PendingConfirmation":
        return
    try:
        sns.unsubscribe(SubscriptionArn=arn)
    except ClientError as error:
        if "pending confirmation" not in str(error):
            raise


_SUBSCRIPTION_DEFAULTS = {
    "DeliveryPolicy": "",
    "FilterPolicy": "",
    "FilterPolicyScope": "MessageAttributes",
    "RawMessageDelivery": "false",
    "RedrivePolicy": "",
    "SubscriptionRoleArn": "",
}
"""https://docs.aws.amazon.com/sns/latest/api/API_SetSubscriptionAttributes.html"""


class Subscription(ResourceType):
    """AWS::SNS::Subscription. The physical id is the subscription's ARN.

    A subscription that the subscriber has to confirm is pending until then; the stack does not
    wait for it.
    """

    def create(self, context: Context, properties: Properties) -> str:
        """Subscribe the endpoint."""
        request: dict[str, Any] = {
            "TopicArn": properties["TopicArn"],
            "Protocol": properties["Protocol"],
            "Attributes": _subscription_attributes(properties),
            "ReturnSubscriptionArn": True,
        }
        if "Endpoint" in properties:
            request["Endpoint"] = properties["Endpoint"]
        sns = _sns_of_topic(context, properties)
        arn = str(sns.subscribe(**request)["SubscriptionArn"])
        made = sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        if made["Protocol"] != properties["Protocol"]:
            # LocalStack finds subscriptions by their endpoint alone.
            raise ResourceError(
                f"{made['Endpoint']} is subscribed to the topic with the protocol "
                f"{made['Protocol']} already: a second protocol for an endpoint is not available "
                "in this testbed"
            )
        return arn

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set the attributes that differ."""
        sns = _sns_of_topic(context, new)
        current = sns.get_subscription_attributes(SubscriptionArn=physical_id)["Attributes"]
        attributes = {**_SUBSCRIPTION_DEFAULTS, **_subscription_attributes(new)}
        if attributes["FilterPolicyScope"] == "MessageBody":
            # Each policy for attributes is one for bodies, too, but not the reverse: so the scope
            # changes first if it widens, and last if it narrows.
            attributes = {"FilterPolicyScope": "", **attributes}
        else:
            attributes["FilterPolicyScope"] = attributes.pop("FilterPolicyScope")
        for name, value in attributes.items():
            if current.get(name, _SUBSCRIPTION_DEFAULTS[name]) != value:
                sns.set_subscription_attributes(
                    SubscriptionArn=physical_id, AttributeName=name, AttributeValue=value
                )

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Unsubscribe the endpoint, unless its confirmation is pending."""
        _unsubscribe(_sns_of_topic(context, properties), physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the subscription's ARN."""
        return {"Arn": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        """Return whether messages would have to be replayed."""
        reason = unavailable(properties, "ReplayPolicy")
        return f"{reason}: messages are not archived" if reason else None

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """Return whether the region differs.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sns-subscription.html
        """
        return bool(old.get("Region") != new.get("Region"))


def _sns_of_topic(context: Context, properties: Properties) -> Any:
    """Return a client of the region of a subscription's topic."""
    return replace(context, region=properties.get("Region", context.region)).client("sns")


def _subscription_attributes(properties: Properties) -> dict[str, str]:
    return {
        name: json_text(properties[name]) for name in _SUBSCRIPTION_DEFAULTS if name in properties
    }


class TopicPolicy(ResourceType):
    """AWS::SNS::TopicPolicy.

    A topic has one policy: the resource replaces the one that there is, also that of another
    stack, and its deletion leaves the topic with the default policy.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sns-topicpolicy.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        """Set the policy of each topic."""
        name = context.generated_name(256)
        context.created(name)
        for arn in properties["Topics"]:
            _set_policy(context, arn, properties["PolicyDocument"])
        return name

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Set the policy of each topic, and the default one of those not listed anymore."""
        for arn in new["Topics"]:
            _set_policy(context, arn, new["PolicyDocument"])
        for arn in old["Topics"]:
            if arn not in new["Topics"]:
                _remove_policy(context, arn)

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Set the default policy of each topic."""
        for arn in properties["Topics"]:
            _remove_policy(context, arn)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        """Return the id."""
        return {"Id": physical_id}


class TopicInlinePolicy(ResourceType):
    """AWS::SNS::TopicInlinePolicy. The physical id is the topic's ARN.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-sns-topicinlinepolicy.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        """Set the topic's policy."""
        arn = str(properties["TopicArn"])
        attributes = context.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        if json.loads(attributes.get("Policy") or "null") not in (None, _default_policy(arn)):
            raise AlreadyExistsError(context.type_name, arn)
        _set_policy(context, arn, properties["PolicyDocument"])
        return arn

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        """Replace the topic's policy."""
        _set_policy(context, physical_id, new["PolicyDocument"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        """Set the topic's default policy."""
        _remove_policy(context, physical_id)


def _default_policy(arn: str) -> dict[str, Any]:
    """Return the policy of a topic for which none was set: its owner may use it.

    https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
    """
    actions = (
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    )
    return {
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [
            {
                "Effect": "Allow",
                "Sid": "__default_statement_ID",
                "Principal": {"AWS": "*"},
                "Action": [f"SNS:{action}" for action in actions],
                "Resource": arn,
                "Condition": {"StringEquals": {"AWS:SourceOwner": arn.split(":")[4]}},
            }
        ],
    }


def _set_policy(context: Context, arn: str, document: Any) -> None:
    context.client("sns").set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=json_text(document)
    )


def _remove_policy(context: Context, arn: str) -> None:
    """Set a topic's default policy, unless the topic is gone, too."""
    try:
        _set_policy(context, arn, _default_policy(arn))
    except ClientError as error:
        if not is_missing(error):
            raise


TYPES: dict[str, type[ResourceType]] = {
    "AWS::SNS::Subscription": Subscription,
    "AWS::SNS::Topic": Topic,
    "AWS::SNS::TopicInlinePolicy": TopicInlinePolicy,
    "AWS::SNS::TopicPolicy": TopicPolicy,
}
