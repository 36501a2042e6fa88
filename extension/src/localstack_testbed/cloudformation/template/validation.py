"""What is wrong with a template, found before anything is touched."""

from collections.abc import Collection, Mapping

from localstack_testbed.cloudformation.template.document import Template


def validate(template: Template, *, skip_unsupported: bool) -> None:
    """Check a processed template's types, properties and references.

    Raises
    ------
    ValidationError
        With AWS's message, such as ``Template format error: Unrecognized resource types:
        [AWS::SQS::Queu]`` and ``Template error: instance of Fn::GetAtt references undefined
        resource X``. A type that exists on AWS but not here is rejected by our own message, unless
        ``skip_unsupported``.
    """
    raise NotImplementedError


def check_rules(template: Template, parameters: Mapping[str, object]) -> None:
    """Check the assertions of the Rules section.

    Raises
    ------
    ValidationError
        ``Template error: …``, as AWS says it.
    """
    raise NotImplementedError


def check_capabilities(
    template: Template, capabilities: Collection[str], *, transformed: bool
) -> None:
    """Check that the request acknowledges what the template may do.

    Raises
    ------
    InsufficientCapabilitiesException
        ``Requires capabilities : [CAPABILITY_NAMED_IAM]``
    """
    raise NotImplementedError


def unsupported(template: Template) -> dict[str, str]:
    """Return the types, by logical id, that exist on AWS but not in this testbed."""
    raise NotImplementedError
