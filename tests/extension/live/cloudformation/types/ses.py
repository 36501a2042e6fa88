"""Examples of the resource types of Simple Email Service."""

from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen


def _identity(seen: Seen) -> Any:
    ses, identity = seen.client("ses"), seen.physical_id
    asked = {"Identities": [identity]}
    verification = ses.get_identity_verification_attributes(**asked)["VerificationAttributes"]
    notification = ses.get_identity_notification_attributes(**asked)["NotificationAttributes"]
    mail_from = ses.get_identity_mail_from_domain_attributes(**asked)["MailFromDomainAttributes"]
    return {
        "IsDomain": identity in ses.list_identities(IdentityType="Domain")["Identities"],
        "Status": verification[identity]["VerificationStatus"],
        "Forwarding": notification[identity]["ForwardingEnabled"],
        "MailFrom": mail_from[identity],
    }


EXAMPLES = [
    Example(
        type="AWS::SES::EmailIdentity",
        properties={"EmailIdentity": "orders@shop.example.com"},
        changes={
            "EmailIdentity": Change("identity@types.example.com", "types.example.com"),
            "FeedbackAttributes": Change(ABSENT, {"EmailForwardingEnabled": False}),
            "MailFromAttributes": Change(
                ABSENT,
                {
                    "MailFromDomain": "mail.shop.example.com",
                    "BehaviorOnMxFailure": "REJECT_MESSAGE",
                },
            ),
        },
        observe=_identity,
        exceptions={
            "Tags": "version 1 of SES's API, which is all that LocalStack has, does not show them",
        },
        unavailable={
            "ConfigurationSetAttributes": ANY,
            "DkimAttributes": ANY,
            "DkimSigningAttributes": ANY,
        },
    )
]
