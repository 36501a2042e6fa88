"""Resource types of Simple Email Service.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SES.html
"""

from typing import Any

from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceType,
)

_BEHAVIORS = {"USE_DEFAULT_VALUE": "UseDefaultValue", "REJECT_MESSAGE": "RejectMessage"}
"""The values of API version 2, and those of version 1."""

_NOT_HERE = {
    "ConfigurationSetAttributes": "an identity has no default configuration set here",
    "DkimAttributes": "emails are not signed here",
    "DkimSigningAttributes": "emails are not signed here",
}


class EmailIdentity(ResourceType):
    """An address or a domain; the testbed's SES verifies it at once.

    On AWS it is created by API version 2, which LocalStack does not have. No API of version 1 shows
    an identity's tags.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ses-emailidentity.html
    """

    name_property = "EmailIdentity"

    def create(self, context: Context, properties: Properties) -> str:
        ses, identity = context.client("ses"), properties["EmailIdentity"]
        if _exists(ses, identity):
            raise AlreadyExistsError(context.type_name, identity)
        if _is_domain(identity):
            ses.verify_domain_identity(Domain=identity)
        else:
            ses.verify_email_identity(EmailAddress=identity)
        context.created(identity)
        self.update(context, identity, {}, properties)
        return str(identity)

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        ses = context.client("ses")
        forwarded = [_is_forwarded(properties) for properties in (old, new)]
        if forwarded[0] != forwarded[1]:
            ses.set_identity_feedback_forwarding_enabled(
                Identity=physical_id, ForwardingEnabled=forwarded[1]
            )
        mail_from = new.get("MailFromAttributes") or {}
        if domain := mail_from.get("MailFromDomain"):
            behavior = mail_from.get("BehaviorOnMxFailure", "USE_DEFAULT_VALUE")
            ses.set_identity_mail_from_domain(
                Identity=physical_id,
                MailFromDomain=domain,
                BehaviorOnMXFailure=_BEHAVIORS[behavior],
            )
        elif _has_mail_from(ses, physical_id):
            ses.set_identity_mail_from_domain(Identity=physical_id)  # removes it
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        ses = context.client("ses")
        if _exists(ses, physical_id):
            # LocalStack would keep the identity's attributes for the next one of this name.
            self.update(context, physical_id, properties, {})
            ses.delete_identity(Identity=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        tokens = []
        if _is_domain(physical_id):
            tokens = context.client("ses").verify_domain_dkim(Domain=physical_id)["DkimTokens"]
        result = {}
        for number in range(3):
            token = tokens[number] if number < len(tokens) else None
            name = f"{token}._domainkey.{physical_id}" if token else ""
            result[f"DkimDNSTokenName{number + 1}"] = name
            value = f"{token}.dkim.amazonses.com" if token else ""
            result[f"DkimDNSTokenValue{number + 1}"] = value
        return result

    def unsupported(self, properties: Properties) -> str | None:
        for name, reason in _NOT_HERE.items():
            if properties.get(name):
                return f"{name} is not available in this testbed: {reason}"
        return None


def _is_domain(identity: str) -> bool:
    return "@" not in identity


def _exists(ses: Any, identity: str) -> bool:
    # LocalStack's GetIdentityVerificationAttributes answers for identities that do not exist, too.
    pages = ses.get_paginator("list_identities").paginate()
    return any(identity in page["Identities"] for page in pages)


def _has_mail_from(ses: Any, identity: str) -> bool:
    found = ses.get_identity_mail_from_domain_attributes(Identities=[identity])
    return bool(found["MailFromDomainAttributes"].get(identity, {}).get("MailFromDomain"))


def _is_forwarded(properties: Properties) -> bool:
    attributes = properties.get("FeedbackAttributes") or {}
    return bool(attributes.get("EmailForwardingEnabled", True))


TYPES: dict[str, type[ResourceType]] = {"AWS::SES::EmailIdentity": EmailIdentity}
