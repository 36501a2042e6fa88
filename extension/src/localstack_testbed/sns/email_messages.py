"""The subject, sender and footer of SNS's emails.

LocalStack sends all notifications with the same subject and its own sender address. On AWS, the
subject is the published one, or "AWS Notification Message"
(https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html); the sender has the topic's
display name (https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html); and the protocol
``email`` has a footer with a link to unsubscribe. LocalStack's setting ``SNS_SES_SENDER_ADDRESS``
still overrides the sender.
"""

from email.utils import formataddr, parseaddr
from typing import Any

from localstack import config
from localstack.utils.aws.arns import parse_arn

from localstack_testbed.hooks.patching import patch

ADDRESS = "no-reply@sns.amazonaws.com"
NAME = "AWS Notifications"
SUBJECT = "AWS Notification Message"
FOOTER = """{message}

--
If you wish to stop receiving notifications from this topic, please click or visit the link below \
to unsubscribe:
{link}

Please do not reply directly to this email.
"""


def patch_publisher() -> None:
    """Send emails with AWS's subject, sender and footer."""
    from localstack.services.sns import publisher
    from localstack.services.sns.models import SnsMessageType

    module: Any = publisher

    @patch(publisher.EmailJsonTopicPublisher._publish, pass_target=False)
    def publish(self: Any, context: Any, subscriber: Any) -> None:
        topic_arn = subscriber["TopicArn"]
        name = context.store.topics[topic_arn]["attributes"].get("DisplayName") or NAME
        sender = config.SNS_SES_SENDER_ADDRESS or formataddr((name, ADDRESS))
        recipient = subscriber["Endpoint"]
        ses = module.connect_to(region_name=parse_arn(topic_arn)["region"]).ses
        for address in (recipient, parseaddr(sender)[1]):
            ses.verify_email_address(EmailAddress=address)
        message = self.prepare_message(
            context.message, subscriber, topic_attributes=context.topic_attributes
        )
        if (
            subscriber["Protocol"] == "email"
            and context.message.type == SnsMessageType.Notification
        ):
            link = module.create_unsubscribe_url(
                module.get_cert_base_url(), subscriber["SubscriptionArn"]
            )
            message = FOOTER.format(message=message, link=link)
        ses.send_email(
            Source=sender,
            Destination={"ToAddresses": [recipient]},
            Message={
                "Subject": {"Data": context.message.subject or SUBJECT},
                "Body": {"Text": {"Data": message}},
            },
        )
