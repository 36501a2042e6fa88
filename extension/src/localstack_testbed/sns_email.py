"""E-mail from SNS has the Subject and the sender that AWS gives it.

LocalStack sends every notification to an e-mail address with one fixed Subject, from an address
of its own. On AWS the Subject is the published one, or "AWS Notification Message"
(https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html). LocalStack's setting
``SNS_SES_SENDER_ADDRESS`` still chooses another sender.

Setting: ``TESTBED_SNS_EMAIL`` (``0`` switches the module off).
"""

from email.utils import parseaddr
from typing import Any

from localstack import config

from localstack_testbed.decorators import on_infra_start, patch
from localstack_testbed.on_import import on_import
from localstack_testbed.switches import switch

SENDER = "AWS Notifications <no-reply@sns.amazonaws.com>"
SUBJECT = "AWS Notification Message"


@on_infra_start(should_load=switch("TESTBED_SNS_EMAIL"))
def send_published_subject() -> None:
    """Patch what publishes to e-mail addresses, when LocalStack loads it."""
    on_import("localstack.services.sns.publisher", _patch)


def _patch() -> None:
    from localstack.services.sns import publisher

    module: Any = publisher

    @patch(publisher.EmailJsonTopicPublisher._publish, pass_target=False)
    def publish(self: Any, context: Any, subscriber: Any) -> None:
        sender = config.SNS_SES_SENDER_ADDRESS or SENDER
        recipient = subscriber["Endpoint"]
        ses = module.connect_to(region_name=subscriber["TopicArn"].split(":")[3]).ses
        for address in (recipient, parseaddr(sender)[1]):
            ses.verify_email_address(EmailAddress=address)
        message = self.prepare_message(
            context.message, subscriber, topic_attributes=context.topic_attributes
        )
        ses.send_email(
            Source=sender,
            Destination={"ToAddresses": [recipient]},
            Message={
                "Subject": {"Data": context.message.subject or SUBJECT},
                "Body": {"Text": {"Data": message}},
            },
        )
