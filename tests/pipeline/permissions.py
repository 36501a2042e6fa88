"""The permissions in the template, and ways to remove each from the deployed pipeline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from testbed.aws.stacks import stack_resources
from testbed.project.template import read_template
from tests.pipeline.conftest import DeployedPipeline

TEMPLATE = Path(__file__).parents[2] / "template.yaml"


class Permission(Protocol):
    """A permission in the template."""

    def removed(self, pipeline: DeployedPipeline) -> AbstractContextManager[str]:
        """Remove it for the block; yield a pattern of AWS's message about its absence."""


@dataclass(frozen=True)
class RolePermission:
    """An action that a role of the template allows on a resource, by logical ids."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role} {self.action} {self.resource}"

    @contextmanager
    def removed(self, pipeline: DeployedPipeline) -> Iterator[str]:
        """Replace the role's policy by one without the permission."""
        iam, name = pipeline.aws.client("iam"), physical_id(pipeline, self.role)
        [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
        usual = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        left: list[dict[str, Any]] = []
        taken: list[str] = []
        for written, statement in zip(_statements(self.role), usual["Statement"], strict=True):
            for action in several(statement["Action"]):
                for resource, arn in zip(
                    several(written["Resource"]), several(statement["Resource"]), strict=True
                ):
                    if (action, label(resource)) == (self.action, self.resource):
                        taken.append(arn)
                    else:
                        left.append({**statement, "Action": action, "Resource": arn})
        [arn] = taken

        def put(statements: list[dict[str, Any]]) -> None:
            document = json.dumps({**usual, "Statement": statements})
            iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=document)

        put(left)
        try:
            yield denial(
                rf"arn:aws:sts::\d+:assumed-role/{name}/\S+", self.action, arn, "identity-based"
            )
        finally:
            put(usual["Statement"])


@dataclass(frozen=True)
class Trust:
    """A service's permission to assume a role of the template."""

    role: str
    service: str

    def __str__(self) -> str:
        return f"{self.role} assumed by {self.service}"

    @contextmanager
    def removed(self, pipeline: DeployedPipeline) -> Iterator[str]:
        """Let the role trust only its own account."""
        iam, name = pipeline.aws.client("iam"), physical_id(pipeline, self.role)
        usual = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]

        def put(document: dict[str, Any]) -> None:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))

        [statement] = usual["Statement"]
        put({**usual, "Statement": [{**statement, "Principal": {"AWS": "000000000000"}}]})
        try:
            yield {
                "lambda": r"The role defined for the function cannot be assumed by Lambda\.",
                "scheduler": r"The execution role you provide must allow AWS EventBridge "
                r"Scheduler to assume the role\.",
            }[self.service]
        finally:
            put(usual)


@dataclass(frozen=True)
class QueuePermission:
    """A service's permission to send messages to a queue for one source."""

    policy: str
    source: str

    def __str__(self) -> str:
        return f"{self.policy} {self.source}"

    @contextmanager
    def removed(self, pipeline: DeployedPipeline) -> Iterator[str]:
        """Replace the queue's policy by one without the source."""
        properties = resources()[self.policy]["Properties"]
        [written] = properties["PolicyDocument"]["Statement"]
        [queue] = properties["Queues"]
        sqs, url = pipeline.aws.sqs, physical_id(pipeline, queue["Ref"])
        usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
        document = json.loads(usual["Policy"])
        [statement] = document["Statement"]
        condition = statement["Condition"]["ArnEquals"]
        arns = zip(_sources(written), several(condition["aws:SourceArn"]), strict=True)
        left = [arn for source, arn in arns if label(source) != self.source]
        condition["aws:SourceArn"] = left
        policy = json.dumps(document) if left else ""
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        try:
            yield denial(
                statement["Principal"]["Service"],
                "sqs:SendMessage",
                statement["Resource"],
                "resource-based",
            )
        finally:
            sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)


@dataclass(frozen=True)
class CallerPermission:
    """A service's permission to invoke a function, from SAM or the template.

    https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html
    """

    function: str
    logical_id: str

    def __str__(self) -> str:
        return self.logical_id

    @contextmanager
    def removed(self, pipeline: DeployedPipeline) -> Iterator[str]:
        """Remove its statement from the function's policy."""
        functions, name = pipeline.aws.lambda_, self.function
        sid = physical_id(pipeline, self.logical_id)
        policy = json.loads(functions.get_policy(FunctionName=name)["Policy"])
        [statement] = [each for each in policy["Statement"] if each["Sid"] == sid]
        principal = statement["Principal"]["Service"]
        functions.remove_permission(FunctionName=name, StatementId=sid)
        try:
            yield denial(
                principal, "lambda:InvokeFunction", statement["Resource"], "resource-based"
            )
        finally:
            functions.add_permission(
                FunctionName=name,
                StatementId=sid,
                Action=statement["Action"],
                Principal=principal,
                SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
            )


def denial(user: str, action: str, resource: str, kind: str) -> str:
    """Return a pattern of AWS's message.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    # Two services write their actions in another case than their messages do.
    spelled = action.lower() if action.startswith("sqs:") else action.replace("sns:", "SNS:")
    about = re.escape(resource).replace(r"\*", r"\S*")
    return (
        rf'User: {user} is not authorized to perform: {spelled} on resource: "?{about}"? '
        rf"because no {kind} policy allows the {spelled} action"
    )


def of_template() -> Iterator[Permission]:
    """Return the permissions in the template, except those that SAM generates for events."""
    for name, resource in resources().items():
        properties = resource["Properties"]
        if resource["Type"] == "AWS::IAM::Role":
            for statement in properties["AssumeRolePolicyDocument"]["Statement"]:
                yield Trust(name, statement["Principal"]["Service"].partition(".")[0])
            for statement in _statements(name):
                for action in several(statement["Action"]):
                    for one in several(statement["Resource"]):
                        yield RolePermission(name, action, label(one))
        elif resource["Type"] == "AWS::SQS::QueuePolicy":
            for statement in properties["PolicyDocument"]["Statement"]:
                for source in _sources(statement):
                    yield QueuePermission(name, label(source))


def resources() -> dict[str, dict[str, Any]]:
    """Return the template's resources."""
    found: dict[str, dict[str, Any]] = _template()["Resources"]
    return found


def physical_id(pipeline: DeployedPipeline, logical_id: str) -> str:
    """Return a resource's physical id in the deployed stack."""
    return stack_resources(pipeline.aws, pipeline.stack)[logical_id]


def label(value: Any) -> str:
    """Return a resource as Fn::Sub would have it, or the end of its ARN."""
    if isinstance(value, dict):
        [(function, argument)] = value.items()
        text = {"Ref": "${%s}", "Fn::GetAtt": "${%s}", "Fn::Sub": "%s"}[function]
        value = text % (".".join(argument) if isinstance(argument, list) else argument)
    return str(value).rpartition(":")[2]


def several(value: Any) -> list[Any]:
    """Return a list; IAM allows a single value in place of one."""
    return value if isinstance(value, list) else [value]


@cache
def _template() -> dict[str, Any]:
    return read_template(TEMPLATE)


def _statements(role: str) -> list[dict[str, Any]]:
    [policy] = resources()[role]["Properties"]["Policies"]
    return list(policy["PolicyDocument"]["Statement"])


def _sources(statement: dict[str, Any]) -> list[Any]:
    return several(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
