"""What an update would change, as a change set shows it, without changing anything.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.engine import outputs, values
from localstack_testbed.cloudformation.engine.changes import Action, Change, compare
from localstack_testbed.cloudformation.engine.reasons import reason
from localstack_testbed.cloudformation.engine.resource_operations import unsupported
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import (
    STACK_TYPE,
    Deployment,
    Output,
    Properties,
    Resource,
    Stack,
)
from localstack_testbed.cloudformation.resources.registry import is_custom
from localstack_testbed.cloudformation.schemas.schema import InvalidPropertiesError
from localstack_testbed.cloudformation.template.document import ResourceDeclaration
from localstack_testbed.cloudformation.template.references import dependencies, references
from localstack_testbed.cloudformation.unknown import UNKNOWN, has_unknown
from localstack_testbed.hooks import settings


@dataclass
class Preview:
    """What a deployment would change about a stack.

    ``changes`` are entries of DescribeChangeSet's ``Changes``.
    """

    changes: list[dict[str, Any]] = field(default_factory=list)
    changes_outputs: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not self.changes and not self.changes_outputs


def preview(stack: Stack, deployment: Deployment) -> Preview:
    """Return what a deployment would change.

    Raises
    ------
    ValidationError
        If a value in the template cannot be determined, properties do not match a schema, an
        import is missing, an export has another stack's name, …
    """
    return _Planner(stack, deployment).preview()


class _Planner:
    def __init__(self, stack: Stack, deployment: Deployment) -> None:
        self._stack = stack
        self._deployment = deployment
        self._template = deployment.template
        self._planned: dict[str, Change | None] = {}
        self._desired: dict[str, Properties] = {}
        self._errors: list[str] = []
        # A copy, because an operation may begin meanwhile; without what has to be created again.
        self._existing = {
            name: resource
            for name, resource in dict(stack.resources).items()
            if not resource.incomplete
        }

        def import_value(name: str) -> str:
            return store.export_value(stack.account, stack.region, name)

        self._values = values.evaluator(stack, deployment, self._ref, self._get_att, import_value)

    def preview(self) -> Preview:
        active = self._values.active_resources()
        needed = dependencies(self._template, active, self._values.condition)
        self._check_types(active)
        for name in TopologicalSorter(needed).static_order():
            self._plan(self._template.resources[name])
        if self._errors:
            raise ValidationError("\n".join(self._errors))
        made = outputs.evaluated(self._template, self._values)
        outputs.check_not_exported_elsewhere(self._stack, made)
        result = Preview(changes_outputs=_by_key(made) != _by_key(self._stack.outputs))
        for name in active:
            if change := self._describe(self._template.resources[name]):
                result.changes.append(change)
        for name, resource in self._existing.items():
            if name not in needed:
                result.changes.append(_removal(resource))
        return result

    def _check_types(self, active: list[str]) -> None:
        existing = self._existing
        changed = [
            name
            for name in active
            if name in existing and existing[name].type != self._template.resources[name].type
        ]
        if changed:
            raise ValidationError(
                "Update of resource type is not permitted. The new template modifies resource "
                f"type of the following resources: [{', '.join(changed)}]"
            )

    def _plan(self, declaration: ResourceDeclaration) -> None:
        name = declaration.logical_id
        existing = self._existing.get(name)
        self._planned[name] = None
        try:
            # Few ranges are in AWS's schemas. On AWS, too, a service rejects a number when the
            # resource is created or updated, and the stack rolls back.
            desired = values.properties(
                declaration, self._values, self._deployment, check_ranges=False
            )
        except InvalidPropertiesError as error:
            self._errors.append(reason(error, name))
            return
        if problem := self._unsupported_policy(declaration) or unsupported(
            declaration.type, desired
        ):
            self._errors.append(f"{name} ({declaration.type}): {problem}")
        self._desired[name] = desired
        if existing is not None:
            self._planned[name] = compare(existing, desired)

    def _unsupported_policy(self, declaration: ResourceDeclaration) -> str | None:
        """Return a sentence about a policy attribute that AWS would act on, and this testbed not.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-creationpolicy.html
        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-updatepolicy.html
        """
        if settings.SKIP_UNSUPPORTED_RESOURCES.value():
            return None
        kind = declaration.type
        if kind == "AWS::CloudFormation::WaitCondition" and self._policy(
            declaration.creation_policy
        ):
            return (
                "CreationPolicy is not available in this testbed, which has no SignalResource: "
                "give the WaitCondition a Handle, and send the signals to its URL"
            )
        if kind == "AWS::Lambda::Alias" and "CodeDeployLambdaAliasUpdate" in self._policy(
            declaration.update_policy
        ):
            return (
                "UpdatePolicy.CodeDeployLambdaAliasUpdate is not available in this testbed, "
                "which has no CodeDeploy: an alias moves to the new version at once"
            )
        return None

    def _policy(self, declared: Any) -> Mapping[str, Any]:
        policy = self._values.value(declared)
        return policy if isinstance(policy, Mapping) else {}

    def _stays(self, logical_id: str) -> Resource | None:
        """Return a resource whose physical id surely stays the same."""
        change = self._planned.get(logical_id)
        if change is None or change.action is Action.REPLACE:
            return None
        return self._existing[logical_id]

    def _ref(self, logical_id: str) -> Any:
        resource = self._stays(logical_id)
        return UNKNOWN if resource is None else values.reference(resource)

    def _get_att(self, logical_id: str, name: str) -> Any:
        resource = self._stays(logical_id)
        if resource is None:
            return UNKNOWN
        change = self._planned[logical_id]
        dynamic = resource.type == STACK_TYPE or is_custom(resource.type)
        if dynamic and change is not None and change.action is not Action.NOTHING:
            return UNKNOWN
        return values.attribute(resource, name)

    def _describe(self, declaration: ResourceDeclaration) -> dict[str, Any] | None:
        name = declaration.logical_id
        existing, change = self._existing.get(name), self._planned[name]
        if existing is None or change is None:
            return _entry("Add", name, declaration.type, Scope=[], Details=[])
        metadata = declaration.metadata != existing.metadata
        if change.action is Action.NOTHING and not metadata:
            return None
        details = [self._detail(declaration, change, each) for each in change.properties]
        scope = ["Properties"] if change.properties else []
        if metadata:
            scope.append("Metadata")
            details.append(
                {
                    "Target": {"Attribute": "Metadata", "RequiresRecreation": "Never"},
                    "Evaluation": "Static",
                    "ChangeSource": "DirectModification",
                }
            )
        if not details:
            details.append({"ChangeSource": "Automatic"})
        result: dict[str, Any] = {
            "PhysicalResourceId": existing.physical_id,
            "Replacement": self._replacement(declaration, change),
            "Scope": scope,
            "Details": details,
            "BeforeContext": _context(existing.properties),
            "AfterContext": _context(self._desired[name]),
        }
        if result["Replacement"] != "False":
            policy = declaration.update_replace_policy
            result["PolicyAction"] = (
                "ReplaceAndRetain" if policy == "Retain" else ("ReplaceAndDelete")
            )
        return _entry("Modify", name, declaration.type, **result)

    def _replacement(self, declaration: ResourceDeclaration, change: Change) -> str:
        if change.action is not Action.REPLACE:
            return "False"
        desired = self._desired[declaration.logical_id]
        known = any(not has_unknown(desired.get(_top(path))) for path in change.replacing)
        return "True" if known else "Conditional"

    def _detail(
        self, declaration: ResourceDeclaration, change: Change, name: str
    ) -> dict[str, Any]:
        unknown = has_unknown(self._desired[declaration.logical_id].get(name))
        recreation = "Never"
        if any(_top(path) == name for path in change.replacing):
            recreation = "Conditionally" if unknown else "Always"
        detail: dict[str, Any] = {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": recreation,
            },
            "Evaluation": "Dynamic" if unknown else "Static",
        }
        return {**detail, **self._source(declaration, name)}

    def _source(self, declaration: ResourceDeclaration, name: str) -> dict[str, str]:
        """Return what made the property change."""
        raw = declaration.properties.get(name)
        before = self._stack.deployment
        old = before.template.resources.get(declaration.logical_id) if before else None
        if before is None or old is None or old.properties.get(name) != raw:
            return {"ChangeSource": "DirectModification"}
        for reference in references(raw):
            referenced = reference.name
            if referenced in self._template.parameters:
                parameters = self._deployment.parameters, before.parameters
                if parameters[0].get(referenced) != parameters[1].get(referenced):
                    return {"ChangeSource": "ParameterReference", "CausingEntity": referenced}
            elif self._changes(referenced):
                if reference.attribute:
                    entity = f"{referenced}.{reference.attribute}"
                    return {"ChangeSource": "ResourceAttribute", "CausingEntity": entity}
                return {"ChangeSource": "ResourceReference", "CausingEntity": referenced}
        return {"ChangeSource": "DirectModification"}

    def _changes(self, logical_id: str) -> bool:
        change = self._planned.get(logical_id)
        return logical_id in self._planned and (
            change is None or change.action is not Action.NOTHING
        )


def _entry(action: str, name: str, type_name: str, **rest: Any) -> dict[str, Any]:
    change = {
        "Action": action,
        "LogicalResourceId": name,
        "ResourceType": type_name,
        **rest,
    }
    return {"Type": "Resource", "ResourceChange": change}


def _by_key(outputs: list[Output]) -> dict[str, Output]:
    """Return outputs so that their order is no difference."""
    return {output.key: output for output in outputs}


def _removal(resource: Resource) -> dict[str, Any]:
    policy = "Retain" if resource.deletion_policy.startswith("Retain") else "Delete"
    return _entry(
        "Remove",
        resource.logical_id,
        resource.type,
        PhysicalResourceId=resource.physical_id,
        PolicyAction=policy,
        Scope=[],
        Details=[],
    )


def _top(path: str) -> str:
    return path.partition("/")[0]


def _context(properties: Properties) -> str:
    return json.dumps({"Properties": properties}, default=lambda value: _AFTERWARDS)


_AFTERWARDS = "{{changeSet:KNOWN_AFTER_APPLY}}"
