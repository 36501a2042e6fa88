"""GetTemplate, GetTemplateSummary and ValidateTemplate."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from localstack.aws.api.cloudformation import StackStatus

from localstack_testbed.cloudformation.api import change_sets
from localstack_testbed.cloudformation.api.deployments import (
    Request,
    declared_parameters,
    template_body,
)
from localstack_testbed.cloudformation.api.descriptions import Description
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Deployment
from localstack_testbed.cloudformation.schemas.schema import schema
from localstack_testbed.cloudformation.template import shapes, validation
from localstack_testbed.cloudformation.template.document import Document, parse, read
from localstack_testbed.cloudformation.template.parameters import text
from localstack_testbed.cloudformation.template.transforms import declared_transforms


def get(place: Place, request: Request) -> Description:
    """Return a stack's or a change set's template, as it was sent or after its transforms."""
    deployment = _deployment(place, request)
    body = deployment.body if deployment else "{}"
    processed = request.get("TemplateStage") == "Processed"
    if deployment and processed and deployment.template.transforms:
        body = json.dumps(deployment.processed)
    return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}


def _deployment(place: Place, request: Request) -> Deployment | None:
    if request.get("ChangeSetName"):
        return change_sets.find(place, request)[1].deployment
    if not request.get("StackName"):
        raise ValidationError("StackName is required if ChangeSetName is not specified.")
    return place.stack(request["StackName"]).deployment


def summarize(place: Place, request: Request) -> Description:
    """Return what a template declares and requires."""
    name = request.get("StackName")
    if name:
        stack = place.stack(name)
        if stack.status == StackStatus.REVIEW_IN_PROGRESS or stack.deployment is None:
            raise ValidationError(
                "GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks."
            )
        body = stack.deployment.body
    else:
        body = template_body(place, request)
    document = parse(body)
    common = _common(document)
    resources = dict(_resources(document))
    version = document.get("AWSTemplateFormatVersion")
    metadata = document.get("Metadata")
    return _present(
        {
            "Parameters": [
                _declaration(each, declared)
                for each, declared in declared_parameters(document).items()
            ],
            **common,
            "ResourceTypes": list(dict.fromkeys(resources.values())),
            "Version": str(version) if version else None,
            "Metadata": json.dumps(metadata, default=str) if metadata else None,
            "ResourceIdentifierSummaries": list(_identifiers(resources)),
        }
    )


def validate(place: Place, request: Request) -> Description:
    """Check the form of a template, and return what it declares and requires."""
    document = parse(template_body(place, request))
    return _present(
        {
            "Parameters": [
                _present(
                    {
                        "ParameterKey": name,
                        "DefaultValue": _text(declared.get("Default")),
                        "NoEcho": _flag(declared.get("NoEcho")),
                        "Description": declared.get("Description"),
                    }
                )
                for name, declared in declared_parameters(document).items()
            ],
            **_common(document),
        }
    )


def _common(document: Document) -> Description:
    transforms = declared_transforms(document)
    if not isinstance(document.get("Resources"), Mapping) or not document["Resources"]:
        raise ValidationError(
            "Template format error: At least one Resources member must be defined."
        )
    if transforms:
        capabilities, causes = ["CAPABILITY_AUTO_EXPAND"], transforms
    else:
        template = read(document)
        validation.validate(template, skip_unsupported=True)
        shapes.check_shapes(template)
        required = validation.required_capabilities(template)
        capabilities = [str(capability) for capability in required]
        causes = [each for types in required.values() for each in types]
    reason = f"The following resource(s) require capabilities: [{', '.join(causes)}]"
    description = document.get("Description")
    return {
        "Description": description if isinstance(description, str) else None,
        "Capabilities": capabilities or None,
        "CapabilitiesReason": reason if capabilities else None,
        "DeclaredTransforms": transforms,
    }


def _declaration(name: str, declared: Mapping[str, Any]) -> Description:
    # Of the constraints, AWS returns only this one.
    allowed = declared.get("AllowedValues")
    constraints = {"AllowedValues": [_text(each) for each in allowed]} if allowed else {}
    return {
        **_present(
            {
                "ParameterKey": name,
                "DefaultValue": _text(declared.get("Default")),
                "ParameterType": declared.get("Type"),
                "NoEcho": _flag(declared.get("NoEcho")),
                "Description": declared.get("Description"),
            }
        ),
        "ParameterConstraints": constraints,
    }


def _resources(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the resources of a template before its transforms, and their types."""
    for name, resource in document["Resources"].items():
        if isinstance(resource, Mapping) and isinstance(resource.get("Type"), str):
            yield name, resource["Type"]


def _identifiers(resources: Mapping[str, str]) -> Iterator[Description]:
    """Yield by which properties resources of each type can be imported."""
    for type_name in dict.fromkeys(resources.values()):
        described = schema(type_name)
        if described is not None and described.primary_identifier:
            yield {
                "ResourceType": type_name,
                "LogicalResourceIds": [
                    name for name, each in resources.items() if each == type_name
                ],
                "ResourceIdentifiers": list(described.primary_identifier),
            }


def _text(value: Any) -> str | None:
    return None if value is None else text(value)


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"


def _present(description: Description) -> Description:
    """Leave out what is not known; empty lists stay, since ``sam deploy`` relies on some."""
    return {key: value for key, value in description.items() if value is not None}
