"""Stack events published to the SNS topics of ``NotificationARNs``.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-create-stack.html
"""

import logging
import queue
import threading
from functools import cache

from localstack_testbed.cloudformation.api.descriptions import describe_event
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.model import Event, Stack

LOG = logging.getLogger(__name__)

SUBJECT = "AWS CloudFormation Notification"

type _Message = tuple[Place, str, str]


def publish(stack: Stack, event: Event) -> None:
    """Publish an event to the stack's topics, in the background and in order."""
    topics = stack.deployment.notification_arns if stack.deployment else ()
    if topics:
        text = message(stack, event)
        for topic in topics:
            _messages().put((Place(stack.account, stack.region), topic, text))


def message(stack: Stack, event: Event) -> str:
    """Return an event as CloudFormation words it in notifications: a line for each field."""
    described = describe_event(stack, event)
    time = event.time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    fields = {
        "StackId": stack.id,
        "Timestamp": time,
        "EventId": event.id,
        "LogicalResourceId": event.logical_id,
        "Namespace": stack.account,
        "PhysicalResourceId": event.physical_id,
        "PrincipalId": stack.account,
        "ResourceProperties": described.get("ResourceProperties", "null"),
        "ResourceStatus": event.status,
        "ResourceStatusReason": event.reason or "",
        "ResourceType": event.type,
        "StackName": stack.name,
        "ClientRequestToken": event.token or "null",
    }
    return "".join(f"{name}='{value}'\n" for name, value in fields.items())


@cache
def _messages() -> "queue.SimpleQueue[_Message]":
    """Return the queue of messages, and begin to send them."""
    messages: queue.SimpleQueue[_Message] = queue.SimpleQueue()
    threading.Thread(
        target=_send, args=(messages,), name="stack-notifications", daemon=True
    ).start()
    return messages


def _send(messages: "queue.SimpleQueue[_Message]") -> None:
    while True:
        place, topic, text = messages.get()
        region = topic.split(":")[3] or place.region
        try:
            sns = Place(place.account, region).client("sns")
            sns.publish(TopicArn=topic, Subject=SUBJECT, Message=text)
        except Exception as error:
            LOG.warning("A stack event cannot be published to %s: %s", topic, error)
