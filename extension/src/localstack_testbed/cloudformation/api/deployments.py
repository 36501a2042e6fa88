"""Requests to create or update a stack, as deployments: validated, and not yet carried out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.api import constraints, s3_urls
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.engine.values import pseudo_parameters
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Deployment, Stack
from localstack_testbed.cloudformation.template import rules, shapes, transforms, validation
from localstack_testbed.cloudformation.template.document import Document, Template, parse, read
from localstack_testbed.cloudformation.template.parameters import ParameterValue, resolve
from localstack_testbed.hooks import settings

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
LONGEST_BODY = 51_200
LONGEST_OBJECT = 1_000_000

type Request = Mapping[str, Any]


@dataclass(frozen=True)
class Draft:
    """A request whose template is read and whose parameters are known."""

    body: str
    document: Document
    deployment: Deployment
    """A deployment that lacks the template: it is known only after the transforms."""

    transforms: tuple[str, ...]
    """The names of those with which the template has to be processed before it is validated."""

    resource_types: tuple[str, ...] | None
    in_change_set: bool
    """Whether the result of the transforms can be reviewed before it is carried out."""

    place: Place
    stack: Stack

    def complete(self) -> Deployment:
        """Transform the template, validate it, and return the deployment.

        Raises
        ------
        ValidationError, InsufficientCapabilitiesError
            As AWS words it.
        """
        given = self.deployment
        values = {
            **pseudo_parameters(self.stack, given),
            **{name: value.resolved for name, value in given.parameters.items()},
        }
        processed = transforms.process(self.document, values, self._read_object)
        template = replace(read(processed), transforms=self.transforms)
        validation.validate(
            template,
            skip_unsupported=settings.SKIP_UNSUPPORTED_RESOURCES.value(),
            body=self.body,
        )
        validation.check_capabilities(
            template,
            given.capabilities,
            transformed=bool(self.transforms) and not self.in_change_set,
        )
        shapes.check_shapes(template, values)
        rules.check_rules(template, values)
        self._check_resource_types(template)
        return Deployment(
            body=self.body,
            processed=processed,
            template=template,
            parameters=given.parameters,
            tags=given.tags,
            capabilities=given.capabilities,
            notification_arns=given.notification_arns,
            role_arn=given.role_arn,
        )

    def _read_object(self, url: str) -> str:
        return s3_urls.read(url, self.place, longest=LONGEST_OBJECT, name="Location")

    def _check_resource_types(self, template: Template) -> None:
        if self.resource_types is None:
            return
        for resource in template.resources.values():
            if not any(fnmatchcase(resource.type, allowed) for allowed in self.resource_types):
                raise ValidationError(
                    f"Resource type {resource.type} is not allowed by parameter ResourceTypes "
                    f"[{', '.join(self.resource_types)}]"
                )


def draft(place: Place, stack: Stack, request: Request) -> Draft:
    """Read the template and the parameters of a request to create or update a stack.

    What the request leaves out of an update stays as it is.

    Raises
    ------
    ValidationError
        As AWS words it.
    """
    _reject_unavailable(request)
    current = stack.deployment
    body = template_body(place, request, current)
    document = parse(body)
    tags = request.get("Tags")
    arns = request.get("NotificationARNs")
    role = request.get("RoleARN")
    types = request.get("ResourceTypes")
    deployment = Deployment(
        body=body,
        processed={},
        template=Template(),
        parameters=parameters(place, document, request, current),
        tags=_tags(tags) if tags is not None else (current.tags if current else {}),
        capabilities=tuple(request.get("Capabilities") or ()),
        notification_arns=(
            _topics(arns) if arns is not None else (current.notification_arns if current else ())
        ),
        role_arn=role or (current.role_arn if current else None),
    )
    return Draft(
        body=body,
        document=document,
        deployment=deployment,
        transforms=tuple(transforms.declared_transforms(document)),
        resource_types=tuple(types) if types else None,
        in_change_set="ChangeSetName" in request,
        place=place,
        stack=stack,
    )


def template_body(place: Place, request: Request, current: Deployment | None = None) -> str:
    """Return the template that a request contains, names by a URL or takes over.

    Raises
    ------
    ValidationError
        If it does not name exactly one template, or the template is too long.
    """
    body, url = request.get("TemplateBody"), request.get("TemplateURL")
    previous = request.get("UsePreviousTemplate")
    if previous and (body or url):
        raise ValidationError(
            "TemplateBody and TemplateURL cannot be specified together with UsePreviousTemplate"
        )
    if previous:
        if current is None:
            raise ValidationError("There is no previous template to use.")
        return current.body
    if body and url:
        raise ValidationError("Specify exactly one of 'TemplateBody' or 'TemplateUrl'")
    if body:
        if len(body.encode(errors="replace")) > LONGEST_BODY:
            raise constraints.limit_exceeded(body, "templateBody", LONGEST_BODY)
        return str(body)
    if url:
        return s3_urls.read(url, place, longest=LONGEST_OBJECT)
    raise ValidationError("Either Template URL or Template Body must be specified.")


def parameters(
    place: Place, document: Document, request: Request, current: Deployment | None
) -> dict[str, ParameterValue]:
    """Return the values of the template's parameters.

    Raises
    ------
    ValidationError
        As AWS words it.
    """
    given: dict[str, str] = {}
    use_previous: set[str] = set()
    for each in request.get("Parameters") or ():
        name, value = each.get("ParameterKey"), each.get("ParameterValue")
        if not name:
            raise ValidationError("Parameter keys must not be empty")
        if name in given or name in use_previous:
            raise ValidationError(f"Duplicate parameter key: {name}")
        if each.get("UsePreviousValue"):
            if value:
                raise ValidationError(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as "
                    "true and non empty value for a parameter"
                )
            if current is None:
                raise ValidationError(
                    "Cannot specify UsePreviousValue on Parameters when ChangeSetType is CREATE"
                    if "ChangeSetName" in request
                    else f"Invalid input for parameter key {name}. Cannot specify "
                    "usePreviousValue as true for a stack that is created"
                )
            if name not in current.parameters:
                raise ValidationError(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as "
                    "true for a parameter key not in the previous template"
                )
            use_previous.add(name)
        elif value is None:
            raise ValidationError(f"Parameters: [{name}] must have values")
        else:
            given[name] = value
    return resolve(
        declared_parameters(document),
        given,
        current.parameters if current else {},
        frozenset(use_previous),
        _ssm_parameters(place),
    )


def declared_parameters(document: Document) -> Mapping[str, Mapping[str, Any]]:
    """Return the Parameters section of a template before its transforms.

    Raises
    ------
    ValidationError
        If it does not have the form that it must have.
    """
    return read(
        {"Parameters": document.get("Parameters", {}), "Resources": _ANY_RESOURCE}
    ).parameters


_ANY_RESOURCE = {"Any": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}


def _ssm_parameters(place: Place) -> Callable[[str], str]:
    def value(name: str) -> str:
        try:
            found = place.client("ssm").get_parameter(Name=name)["Parameter"]
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in ("ParameterNotFound", "ParameterVersionNotFound", "ValidationException"):
                raise ValidationError(
                    f"Unable to fetch parameters [{name}] from parameter store for this account."
                ) from None
            raise ValidationError(f"Unable to fetch parameters [{name}]: {error}") from error
        if found["Type"] == "SecureString":
            raise ValidationError(
                f"Parameters [{name}] referenced by template have types not supported by "
                "CloudFormation."
            )
        return str(found["Value"])

    return value


def _tags(given: list[dict[str, str]]) -> dict[str, str]:
    tags: dict[str, str] = {}
    for tag in given:
        key = tag["Key"]
        if key.lower().startswith("aws:"):
            raise ValidationError(
                f"Tag key {key} is invalid: keys that begin with aws: are reserved for AWS"
            )
        if key in tags:
            raise ValidationError(f"Duplicate tag key: {key}")
        tags[key] = tag["Value"]
    return tags


def _topics(arns: list[str]) -> tuple[str, ...]:
    for arn in arns:
        if not (arn.startswith("arn:") and arn.count(":") == 5 and arn.split(":")[2] == "sns"):
            raise ValidationError(f"Invalid NotificationARN: {arn} is not the ARN of an SNS topic")
    return tuple(arns)


def _reject_unavailable(request: Request) -> None:
    rollback = request.get("RollbackConfiguration") or {}
    if rollback.get("RollbackTriggers") or rollback.get("MonitoringTimeInMinutes"):
        raise ValidationError(
            "RollbackConfiguration is not available in this testbed: alarms do not roll back a "
            "stack. Leave it out."
        )
