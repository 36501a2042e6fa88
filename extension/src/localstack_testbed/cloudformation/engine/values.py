"""The values that a template's intrinsic functions have in a stack."""

from collections.abc import Callable
from typing import Any

from localstack_testbed.cloudformation.engine import dynamic_references
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Deployment, Properties, Resource, Stack
from localstack_testbed.cloudformation.resources.registry import is_custom, resource_type
from localstack_testbed.cloudformation.schemas.schema import schema
from localstack_testbed.cloudformation.template import parameters
from localstack_testbed.cloudformation.template.document import ResourceDeclaration
from localstack_testbed.cloudformation.template.evaluation import Environment, Evaluator


def pseudo_parameters(stack: Stack, deployment: Deployment) -> dict[str, Any]:
    """Return the pseudo parameters but ``AWS::NoValue``.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html
    """
    return {
        "AWS::AccountId": stack.account,
        "AWS::NotificationARNs": list(deployment.notification_arns),
        "AWS::Partition": "aws",
        "AWS::Region": stack.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def evaluator(
    stack: Stack,
    deployment: Deployment,
    ref: Callable[[str], Any],
    get_att: Callable[[str, str], Any],
    import_value: Callable[[str], str],
) -> Evaluator:
    """Return an evaluator for a stack; ``import_value`` returns the value of an export."""
    references: dict[str, str] = {}

    def dynamic_reference(text: str) -> str:
        if text not in references:
            value = dynamic_references.resolve(text, stack.account, stack.region)
            if value and dynamic_references.is_secret(text):
                stack.secrets.add(value)
            references[text] = value
        return references[text]

    values = {name: value.resolved for name, value in deployment.parameters.items()}
    environment = Environment(
        parameters={**pseudo_parameters(stack, deployment), **values},
        ref=ref,
        get_att=get_att,
        import_value=import_value,
        dynamic_reference=dynamic_reference,
    )
    return Evaluator(deployment.template, environment)


def reference(resource: Resource) -> str:
    """Return what ``Ref`` returns for a resource."""
    kind = None if resource.skipped else resource_type(resource.type)
    if kind is None:
        return resource.physical_id
    return kind.ref(resource.physical_id, resource.properties)


def attribute(resource: Resource, name: str) -> Any:
    """Return what ``Fn::GetAtt`` returns for a resource.

    Raises
    ------
    ValidationError
        If the resource does not have this attribute.
    """
    if resource.skipped:
        # Policies that name it must have the form of an ARN.
        is_arn = name.rpartition(".")[2].endswith("Arn")
        return resource.attributes["Arn"] if is_arn else f"{resource.physical_id}.{name}"
    if name in resource.attributes:
        return resource.attributes[name]
    custom = is_custom(resource.type)
    # Some types have attributes that are properties, such as a queue's DelaySeconds.
    value: Any = resource.attributes if custom else {**resource.properties, **resource.attributes}
    for part in name.split("."):
        if not isinstance(value, dict) or part not in value:
            # A custom resource's answer is not known in advance.
            raise ValidationError(
                f"CustomResource attribute error: Vendor response doesn't contain {name} attribute"
                if custom
                else f"Template error: resource {resource.logical_id} does not support attribute "
                f"type {name} in Fn::GetAtt"
            )
        value = value[part]
    return value


def properties(
    declaration: ResourceDeclaration,
    values: Evaluator,
    deployment: Deployment,
    *,
    check_ranges: bool = True,
) -> Properties:
    """Return a resource's properties, evaluated and converted to the types of its schema.

    ``check_ranges`` tells whether numbers must be in their ranges.

    Raises
    ------
    ValidationError
        If a value cannot be determined.
    InvalidPropertiesError
        If the properties do not match the schema.
    """
    evaluated = values.evaluated(dict(declaration.properties))
    dynamic_references.check_secure(evaluated, f"{declaration.type}/Properties")
    evaluated = values.resolved(evaluated)
    described = schema(declaration.type)
    if described is None:
        return {name: _as_text(value) for name, value in evaluated.items()}
    converted = described.convert(evaluated, check_ranges=check_ranges)
    return described.with_tags(converted, deployment.tags)


def _as_text(value: Any) -> Any:
    """Return a custom resource's property as CloudFormation sends it: scalars are strings.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html
    """
    if isinstance(value, dict):
        return {key: _as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return parameters.text(value) if isinstance(value, int | float) else value
