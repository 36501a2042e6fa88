"""One module a service: examples of each resource type, from which the tests are made."""

from importlib import import_module

from tests.extension.live.cloudformation.types.model import Example

_MODULES = (
    "apigateway",
    "cloudwatch",
    "events",
    "iam",
    "kms",
    "lambda_",
    "logs",
    "s3",
    "scheduler",
    "secretsmanager",
    "sns",
    "sqs",
    "ssm",
)

EXAMPLES: list[Example] = [
    example
    for name in _MODULES
    for example in import_module(f"tests.extension.live.cloudformation.types.{name}").EXAMPLES
]
