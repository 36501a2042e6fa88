"""The resource types of this testbed, and the modules that have them.

A module is imported when a template first uses one of its types.
"""

from functools import cache
from importlib import import_module

from localstack_testbed.cloudformation.resources.model import ResourceType

_CUSTOM = "AWS::CloudFormation::CustomResource"
_MODULES: dict[str, str] = {
    "ApiGateway": "apigateway",
    "CDK": "cloudformation",
    "CloudFormation": "cloudformation",
    "CloudWatch": "cloudwatch",
    "Events": "events",
    "IAM": "iam",
    "KMS": "kms",
    "Lambda": "lambda_",
    "Logs": "logs",
    "S3": "s3",
    "SES": "ses",
    "SNS": "sns",
    "SQS": "sqs",
    "SSM": "ssm",
    "Scheduler": "scheduler",
    "SecretsManager": "secretsmanager",
}
"""The module of each service, as the second part of a type's name has it."""


def is_custom(type_name: str) -> bool:
    """Return whether a type is that of a custom resource."""
    return type_name.startswith("Custom::") or type_name == _CUSTOM


@cache
def resource_type(name: str) -> ResourceType | None:
    """Return a resource type, or None if this testbed does not have it.

    Each module has a table ``TYPES`` from names to classes. All ``Custom::`` types are
    ``AWS::CloudFormation::CustomResource``.

    Examples
    --------
    ``resource_type("AWS::SQS::Queue")``
    """
    if is_custom(name):
        name = _CUSTOM
    service = name.split("::")[1] if name.count("::") >= 2 else ""
    found = _types(_MODULES[service]).get(name) if service in _MODULES else None
    return found() if found else None


def all_types() -> set[str]:
    """Return the names of all resource types, without those of ``Custom::``."""
    return {name for module in set(_MODULES.values()) for name in _types(module)}


def _types(module: str) -> dict[str, type[ResourceType]]:
    types: dict[str, type[ResourceType]] = import_module(
        f"localstack_testbed.cloudformation.resources.{module}"
    ).TYPES
    return types
