"""Templates that unit tests evaluate."""

from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template import document, parameters
from localstack_testbed.cloudformation.template.evaluation import Environment, Evaluator

PSEUDO_PARAMETERS: Mapping[str, Any] = {
    "AWS::AccountId": "111122223333",
    "AWS::NotificationARNs": ["arn:aws:sns:eu-west-1:111122223333:a"],
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/1",
    "AWS::StackName": "shop",
    "AWS::URLSuffix": "amazonaws.com",
}


def read(text: str) -> document.Template:
    """Return a template in YAML or JSON."""
    return document.read(document.parse(text))


def message(call: Callable[[], object]) -> str:
    """Return the message of the ValidationError that a call raises, or "" if it raises none."""
    try:
        call()
    except ValidationError as error:
        return str(error)
    return ""


def stored(name: str) -> str:
    """Return the value of a parameter of Parameter Store."""
    return {"/version": "21", "/zones": "a, b"}[name]


def evaluator(
    template: document.Template,
    given: Mapping[str, str] | None = None,
    known: Mapping[str, Any] | None = None,
) -> Evaluator:
    """Return an evaluator; ``known`` has what resources (A) and attributes (A.Arn) return."""
    values = parameters.resolve(template.parameters, given or {}, {}, frozenset(), stored)
    resources = known or {}

    def dynamic_reference(text: str) -> str:
        return f"<{text}>"

    def import_value(name: str) -> str:
        return f"import of {name}"

    return Evaluator(
        template,
        Environment(
            parameters={
                **PSEUDO_PARAMETERS,
                **{name: value.resolved for name, value in values.items()},
            },
            ref=lambda name: resources.get(name, f"{name}-id"),
            get_att=lambda name, attribute: resources.get(
                f"{name}.{attribute}", f"{name}-{attribute}"
            ),
            import_value=import_value,
            dynamic_reference=dynamic_reference,
        ),
    )
