"""What is wrong with a template, found before anything is touched.

Whatever needs the values of parameters is found later, when a change set's values are evaluated and
converted by the resource schemas. The messages are AWS's; some of them are listed in
https://repost.aws/knowledge-center/cloudformation-template-validation
"""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NoReturn

from localstack_testbed.cloudformation.errors import (
    InsufficientCapabilitiesError,
    ValidationError,
)
from localstack_testbed.cloudformation.resources.registry import is_custom, resource_type
from localstack_testbed.cloudformation.schemas.data_files import type_names
from localstack_testbed.cloudformation.schemas.schema import SERVERLESS, exists_on_aws, schema
from localstack_testbed.cloudformation.template import serverless
from localstack_testbed.cloudformation.template.document import (
    Document,
    ResourceDeclaration,
    Template,
    parse_fragment,
)
from localstack_testbed.cloudformation.template.references import (
    Reference,
    references,
    unresolved_resources,
)
from localstack_testbed.hooks import settings

CAPABILITY_AUTO_EXPAND = "CAPABILITY_AUTO_EXPAND"
CAPABILITY_IAM = "CAPABILITY_IAM"
CAPABILITY_NAMED_IAM = "CAPABILITY_NAMED_IAM"

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/pseudo-parameter-reference.html"""

DELETION_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
UPDATE_REPLACE_POLICIES = ("Delete", "Retain", "Snapshot")

WITH_SNAPSHOTS = frozenset(
    {
        "AWS::DocDB::DBCluster",
        "AWS::EC2::Volume",
        "AWS::ElastiCache::CacheCluster",
        "AWS::ElastiCache::ReplicationGroup",
        "AWS::Neptune::DBCluster",
        "AWS::RDS::DBCluster",
        "AWS::RDS::DBInstance",
        "AWS::Redshift::Cluster",
    }
)
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html"""

IAM_NAMES: Mapping[str, str | None] = {
    "AWS::IAM::AccessKey": None,
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Policy": None,
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::IAM::UserToGroupAddition": None,
}
"""The types that require a capability, and the property that makes a resource a named one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
"""

_RESOURCES = re.compile(r"(?<![^\s{,])[\"']?Resources[\"']?[ \t]*:")


def validate(template: Template, *, skip_unsupported: bool, body: str = "") -> None:
    """Check a processed template's types, properties and references.

    ``body`` is the template as it was sent; messages then have the line of a resource.

    Raises
    ------
    ValidationError
        With AWS's message, such as ``Template format error: Unrecognized resource types:
        [AWS::SQS::Queu]`` and ``Template error: instance of Fn::GetAtt references undefined
        resource X``. A type that exists on AWS but not here is rejected by our own message, unless
        ``skip_unsupported``.
    """
    _check_types(template, body, skip_unsupported)
    for declaration in template.resources.values():
        _check_policies(declaration)
    _check_conditions(template)
    _check_resources(template)
    _check_outputs(template)


def unsupported(template: Template) -> dict[str, str]:
    """Return the types, by logical id, that exist on AWS but not in this testbed."""
    return {
        name: declaration.type
        for name, declaration in template.resources.items()
        if _recognized(declaration.type) and resource_type(declaration.type) is None
    }


def check_capabilities(
    template: Template, capabilities: Collection[str], *, transformed: bool
) -> None:
    """Check that the request acknowledges what the template may do.

    ``transformed`` tells that the request carries out transforms without a change set to review
    what came of them: macros, and also those of AWS (SAM, Include, LanguageExtensions).
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html

    Raises
    ------
    InsufficientCapabilitiesError
        ``Requires capabilities : [CAPABILITY_NAMED_IAM]``
    """
    if transformed and CAPABILITY_AUTO_EXPAND not in capabilities:
        _require(CAPABILITY_AUTO_EXPAND)
    needed = required_capabilities(template)
    # The one for named resources includes the other.
    for capability in needed:
        if not {capability, CAPABILITY_NAMED_IAM} & set(capabilities):
            _require(capability)


def required_capabilities(template: Template) -> dict[str, list[str]]:
    """Return the IAM capability that a template requires, with the types that require it."""
    present = [each for each in template.resources.values() if each.type in IAM_NAMES]
    if not present:
        return {}
    named = any(
        name in each.properties for each in present if (name := IAM_NAMES[each.type]) is not None
    )
    capability = CAPABILITY_NAMED_IAM if named else CAPABILITY_IAM
    return {capability: list(dict.fromkeys(each.type for each in present))}


def _require(capability: str) -> NoReturn:
    raise InsufficientCapabilitiesError(f"Requires capabilities : [{capability}]")


def _check_types(template: Template, body: str, skip_unsupported: bool) -> None:
    types = dict.fromkeys(each.type for each in template.resources.values())
    if unknown := [name for name in types if not _recognized(name)]:
        raise ValidationError(
            f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]"
            + "".join(_advice(name) for name in unknown)
        )
    if skip_unsupported or not (missing := unsupported(template)):
        return
    document = parse_fragment(body) if body else {}
    lines = [f"  {name} ({missing[name]}){_place(document, body, name)}" for name in missing]
    raise ValidationError(
        "These resources have types that exist on AWS, but not in this testbed:\n"
        + "\n".join(lines)
        + "\nRemove them from the template, or set "
        f"{settings.SKIP_UNSUPPORTED_RESOURCES.name}=1 for LocalStack to deploy the others "
        "without them."
    )


def _recognized(type_name: str) -> bool:
    """Return whether a processed template may have a type."""
    return exists_on_aws(type_name) and not type_name.startswith("AWS::Serverless::")


def _advice(type_name: str) -> str:
    if type_name in SERVERLESS:
        return f". {type_name} requires 'Transform: AWS::Serverless-2016-10-31'"
    similar = difflib.get_close_matches(type_name, type_names() | SERVERLESS, n=1, cutoff=0.85)
    return f". Did you mean {similar[0]}?" if similar else ""


def _place(document: Document, body: str, logical_id: str) -> str:
    """Return the line of a resource, or of that for which SAM generated it."""
    if origin := serverless.origin(document, logical_id):
        return f", generated for {origin}{_line(body, origin)}"
    return _line(body, logical_id)


def _line(body: str, logical_id: str) -> str:
    """Return the place of a resource in a template, if it can be found."""
    section = _RESOURCES.search(body)
    if "\n" not in body or not section:
        return ""
    key = re.compile(rf"(?<![^\s{{,])[\"']?{re.escape(logical_id)}[\"']?[ \t]*:")
    found = key.search(body, section.end())
    return f", line {body.count('\n', 0, found.end()) + 1}" if found else ""


def _check_policies(declaration: ResourceDeclaration) -> None:
    policies = (
        ("DeletionPolicy", declaration.deletion_policy, DELETION_POLICIES),
        ("UpdateReplacePolicy", declaration.update_replace_policy, UPDATE_REPLACE_POLICIES),
    )
    for attribute, value, allowed in policies:
        if value is None:
            continue
        if not isinstance(value, str):
            raise ValidationError(
                f"Template format error: Every {attribute} member must be a string."
            )
        if value not in allowed:
            raise ValidationError(
                f"Template format error: Unrecognized {attribute} {value} for resource "
                f"{declaration.logical_id}"
            )
        if value == "Snapshot" and declaration.type not in WITH_SNAPSHOTS:
            raise ValidationError(
                f"Template error: resource type {declaration.type} does not support deletion "
                "policy Snapshot"
            )


def _check_conditions(template: Template) -> None:
    for name, value in template.conditions.items():
        names = dict.fromkeys(
            reference.name
            for reference in references(value)
            if reference.name not in template.parameters and reference.name not in PSEUDO_PARAMETERS
        )
        if names:
            raise ValidationError(
                f"Template format error: Unresolved dependencies [{', '.join(names)}]. Cannot "
                "reference resources in the Conditions block of the template"
            )
        for other in _conditions(value):
            if other not in template.conditions:
                raise ValidationError(
                    f"Template error: unresolved condition dependency {other} in Condition {name}"
                )
    _check_condition_cycles(template)


def _check_condition_cycles(template: Template) -> None:
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        if name in path:
            cycle = ", ".join(path[path.index(name) :])
            raise ValidationError(
                f"Template format error: Circular dependency between conditions: [{cycle}]"
            )
        if name not in done:
            for other in _conditions(template.conditions[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in template.conditions:
        visit(name, ())


def _check_resources(template: Template) -> None:
    unresolved: dict[str, None] = {}
    for declaration in template.resources.values():
        _check_condition(template, declaration.condition)
        parts = (
            declaration.properties,
            declaration.metadata,
            declaration.creation_policy,
            declaration.update_policy,
        )
        unresolved |= _undefined(template, parts)
        unresolved |= dict.fromkeys(
            name for name in declaration.depends_on if name not in template.resources
        )
        if is_custom(declaration.type) and "ServiceToken" not in declaration.properties:
            raise ValidationError(
                f"Properties validation failed for resource {declaration.logical_id} with message:"
                "\n#: required key [ServiceToken] not found"
            )
    if unresolved:
        raise unresolved_resources(unresolved, "Resources")


def _check_outputs(template: Template) -> None:
    unresolved: dict[str, None] = {}
    for name, output in template.outputs.items():
        _check_condition(template, output.get("Condition"))
        export = output.get("Export")
        unresolved |= _undefined(template, [output.get("Value"), export])
        if _depends_on_resources(template, export):
            raise ValidationError(
                f"Template format error: Output {name} is malformed. The Name field of Export must "
                "not depend on any resources, imported values, or Fn::GetAZs."
            )
    if unresolved:
        raise ValidationError(
            # Without "Template format error", as AWS has it.
            f"Unresolved resource dependencies [{', '.join(unresolved)}] in the Outputs block of "
            "the template"
        )


def _check_condition(template: Template, name: Any) -> None:
    if name is not None and name not in template.conditions:
        raise ValidationError(f"Template format error: Condition {name} is not defined.")


def _undefined(template: Template, value: Any) -> dict[str, None]:
    """Return the names that Ref and Sub have and nothing defines.

    Raises
    ------
    ValidationError
        If an attribute does not exist, or an import depends on a resource.
    """
    _check_imports(template, value)
    names: dict[str, None] = {}
    for reference in references(value):
        if reference.attribute is None:
            if not _is_defined(template, reference.name):
                names[reference.name] = None
        else:
            _check_attribute(template, reference)
    return names


def _is_defined(template: Template, name: str) -> bool:
    return name in template.parameters or name in template.resources or name in PSEUDO_PARAMETERS


def _check_attribute(template: Template, reference: Reference) -> None:
    declaration = template.resources.get(reference.name)
    name = reference.attribute
    if declaration is None:
        if reference.function == "Fn::Sub":
            raise ValidationError(
                "Template error: instance of Fn::Sub references invalid resource attribute "
                f"{reference.name}.{name}"
            )
        raise ValidationError(
            f"Template error: instance of Fn::GetAtt references undefined resource {reference.name}"
        )
    described = schema(declaration.type)
    # The attributes of custom resources are known when they have answered; those of skipped
    # resources are made up.
    if name and described and not described.has_attribute(name):
        raise ValidationError(
            f"Template error: resource {reference.name} does not support attribute type {name} in "
            "Fn::GetAtt"
        )


def _check_imports(template: Template, value: Any) -> None:
    for function, argument in _functions(value):
        if function == "Fn::ImportValue" and _depends_on_resources(template, argument):
            raise ValidationError(
                "Template error: the attribute in Fn::ImportValue must not depend on any resources,"
                " imported values, or Fn::GetAZs"
            )


def _depends_on_resources(template: Template, value: Any) -> bool:
    return any(
        reference.attribute is not None or reference.name in template.resources
        for reference in references(value)
    ) or any(name in ("Fn::ImportValue", "Fn::GetAZs") for name, _ in _functions(value))


def _functions(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every intrinsic function of a value, with its argument."""
    if isinstance(value, Mapping):
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref" or name.startswith("Fn::"):
                yield name, argument
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    for each in value:
        yield from _functions(each)


def _conditions(value: Any) -> Iterator[str]:
    """Yield the names of other conditions that a condition refers to."""
    if isinstance(value, Mapping):
        if len(value) == 1 and isinstance(name := value.get("Condition"), str):
            yield name
        value = value.values()
    elif not isinstance(value, list):
        return
    for each in value:
        yield from _conditions(each)
