"""Why CloudFormation rejected or rolled back a deployment, for the person who must act.

The first failure is the cause; what was cancelled because of it is not shown. Each resource is
shown with its line in the template.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.errors import DeploymentError
from testbed.project.lines import TemplateLines

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import StackEventTypeDef

    from testbed.aws.clients import Aws
    from testbed.project.project import Project

_CANCELLED = re.compile(r"Resource (creation|update) cancelled")
_RESOURCE = re.compile(r"\b(?P<name>[A-Za-z0-9]+) \((?P<type>(?:AWS|Custom|Alexa)::[\w:@-]+)\)")
# The engine's words for a type or a property that it does not have.
_UNSUPPORTED = re.compile(r"not (available |supported )?(in|by) this testbed")
# "for resource F with message", "between resources: [F, G]", and SAM's "Resource with id [F]".
_NAMED = re.compile(
    r"\b[Rr]esources?( with id)?:? (\[(?P<several>[^\]]*)\]|(?P<one>[A-Za-z0-9]+)\b)"
)
# What the template mentions although it does not exist. AWS's messages do not say where.
_MISSING = re.compile(
    r"Unresolved resource dependencies \[(?P<names>[^\]]*)\]"
    r"|references (?:undefined resource|invalid resource attribute) (?P<reference>[\w.]+)"
    r"|resource (?P<name>\w+) does not support attribute type (?P<attribute>[\w.]+) in"
    r"|Condition (?P<condition>\w+) is not defined|Mapping named '(?P<mapping>[^']+)'"
    r"|Invalid template (?:resource property|property or properties) ['\[](?P<keys>[^'\]]*)"
)
_UNRECOGNIZED = re.compile(r"Unrecognized resource types: \[(?P<types>[^\]]+)\]")
_HANDLER_MESSAGE = re.compile(
    r'Resource handler returned message: "(?P<message>.*?)( \((Service|Status Code): [^)]*\))?"'
    r" \(RequestToken: [^)]*, HandlerErrorCode: (?P<code>\w+)\)",
    re.DOTALL,
)
_SETTING = "TESTBED_SKIP_UNSUPPORTED_RESOURCES"
_NESTED = "AWS::CloudFormation::Stack"

_TYPES = "These resources have types"
_HOW = (
    f"testbed down, then testbed up --env {_SETTING}=1; or, in pytest's configuration,"
    f" testbed_env = {_SETTING}=1"
)
_SKIP_ADVICE = (
    "Remove these resources, give them a Condition that is false here, or have them skipped:"
    f" {_HOW}"
)
_IGNORE_ADVICE = (
    "Remove what is not available, give the resource a Condition that is false here, or have such"
    f" properties ignored: {_HOW}"
)
# By CloudFormation's words.
_ADVICE = {
    # For parameters of the type AWS::SSM::Parameter::Value<…>.
    "from parameter store": "Create these parameters before the deployment: in a script in"
    " init/ready.d, or with `testbed up --empty`, `awslocal ssm put-parameter --type String --name"
    " NAME --value VALUE` and then `testbed deploy`.",
    "Requires capabilities": "List them in samconfig.toml, as `sam deploy` needs it, too:"
    ' capabilities = "CAPABILITY_NAMED_IAM".',
}
_STATES = {
    "ROLLBACK_COMPLETE": "Nothing was created. The next deployment creates the stack anew.",
    "ROLLBACK_FAILED": "Not everything that was created could be deleted: see the events, then run"
    " `testbed destroy`, or deploy again, which deletes the stack first.",
    "CREATE_FAILED": "What was created is still there. Run `testbed destroy` to delete it.",
    "UPDATE_FAILED": "What was changed before the failure is still changed. Fix the template and"
    " deploy again.",
    "UPDATE_ROLLBACK_COMPLETE": "Everything is as it was before. Fix the template and"
    " deploy again.",
    "UPDATE_ROLLBACK_FAILED": "The stack cannot be updated in this state: fix what the rollback"
    " failed at, and run `aws cloudformation continue-update-rollback --stack-name {name}`"
    " (--resources-to-skip leaves resources as they are), or delete the stack.",
    "DELETE_FAILED": "Not everything could be deleted: fix what the deletion failed at, and run"
    " `testbed destroy`, which empties the stack's buckets, too; or leave it there:"
    " `aws cloudformation delete-stack --stack-name {name} --deletion-mode FORCE_DELETE_STACK`.",
}
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_STARTED = ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
_UNUSABLE = ("UPDATE_ROLLBACK_FAILED", "DELETE_FAILED")


def rejected(template: Path, reason: str) -> DeploymentError:
    """Return the error for a template that CloudFormation has rejected.

    The resources that the reason names, those of types that do not exist, and references to what
    does not exist are shown with their lines.
    """
    lines = TemplateLines.of(template)
    named = [(each["name"], each["type"]) for each in _RESOURCE.finditer(reason)]
    for match in _NAMED.finditer(reason):
        for name in (match["one"] or match["several"]).split(", "):
            if kind := lines.type_of(name):
                named.append((name, kind))
    if unknown := _UNRECOGNIZED.search(reason):
        for kind in unknown["types"].split(", "):
            named += [(name, kind) for name in lines.of_type(kind)]
    unsupported = _UNSUPPORTED.search(reason) is not None
    advice = _SKIP_ADVICE if _TYPES in reason else _IGNORE_ADVICE
    # What the details and the advice say is not said twice.
    told = [
        line
        for line in reason.splitlines()
        if not (line.startswith(" ") and _RESOURCE.match(line.strip()))
        and not (unsupported and _SETTING in line)
    ]
    return DeploymentError(
        f"CloudFormation rejected {template.name}: {_joined(told) or reason}",
        details="\n".join(
            [
                *(f"{template.name}:{line}  {text}" for line, text in _mentions(lines, reason)),
                *(
                    f"{_where(template, lines, name)}  {name} ({kind})"
                    for name, kind in dict.fromkeys(named)
                ),
            ]
        ),
        advice=advice if unsupported else _advice(reason),
    )


def _advice(reason: str) -> str:
    return next((advice for words, advice in _ADVICE.items() if words in reason), "")


def _joined(lines: list[str]) -> str:
    """Join the lines of a reason, so that each problem has one."""
    return "".join(f"{line} " if line.endswith(":") else f"{line}\n" for line in lines).rstrip()


def _mentions(lines: TemplateLines, reason: str) -> list[tuple[int, str]]:
    """Return the lines of the template that mention what does not exist according to a reason."""
    found: dict[int, str] = {}
    for match in _MISSING.finditer(reason):
        if match["name"]:
            missing = [f"{match['name']}.{match['attribute']}"]
        else:
            missing = next(filter(None, match.groups())).split(", ")
        for each in missing:
            found.update(lines.mentions(each))
    return sorted(found.items())


def rolled_back(aws: Aws, project: Project, status: str, reason: str) -> DeploymentError:
    """Return the error for a deployment that failed: the cause, other failures, and the state."""
    name, template = project.stack_name, project.template
    state = f"{name} is in {status}. {_STATES.get(status, '').format(name=name)}".rstrip()
    lines = TemplateLines.of(template)
    failures = [
        f"{_where(template, lines, each)}: {each} ({kind}): {_readable(why)}"
        for each, kind, why in _failures(aws, name)
    ]
    if not failures:
        return DeploymentError(f"The deployment of {name} failed: {reason or status}", advice=state)
    return DeploymentError(failures[0], details="\n".join(failures[1:]), advice=state)


def left_behind(aws: Aws, stack_name: str) -> list[str]:
    """Return what the stack's last update could not delete, with the reasons.

    The update has succeeded nevertheless, and these resources are not the stack's any more.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks.html
    """
    return [
        f"{name} ({kind}) is not part of the stack any more, but could not be deleted:"
        f" {_readable(why)}"
        for name, kind, why in _failures(aws, stack_name)
    ]


def _readable(reason: str) -> str:
    """Return the message within CloudFormation's wording of a service's error."""
    match = _HANDLER_MESSAGE.fullmatch(reason)
    return f"{match['message']} ({match['code']})" if match else reason


def check_usable(stack_name: str, status: str) -> None:
    """Raise an error if a stack is in a state in which it can be neither updated nor replaced.

    Raises
    ------
    DeploymentError
        With what to do.
    """
    if status in _UNUSABLE:
        raise DeploymentError(
            f"The stack {stack_name} is in {status}.",
            advice=_STATES[status].format(name=stack_name),
        )


def _failures(
    aws: Aws, stack_name: str, since: datetime | None = None
) -> list[tuple[str, str, str]]:
    """Return the failed resources with types and reasons, the first failure first.

    Without a time, they are those of the stack's last deployment.
    What happened in a nested stack takes the place of the nested stack's own failure.
    """
    found = []
    events = _events(aws, stack_name, since)
    if since is None and events:
        since = events[0]["Timestamp"]
    for event in events:
        status, why = event.get("ResourceStatus", ""), event.get("ResourceStatusReason", "")
        if not status.endswith("_FAILED") or _CANCELLED.match(why):
            continue
        identity = event.get("PhysicalResourceId", "")
        if identity == event["StackId"]:  # the stack itself
            continue
        inner: list[tuple[str, str, str]] = []
        if event.get("ResourceType") == _NESTED and identity:
            inner = _failures(aws, identity, since)
        outer = f"{event.get('LogicalResourceId')}/" if inner else ""
        found += [(f"{outer}{name}", kind, text) for name, kind, text in inner] or [
            (event.get("LogicalResourceId", ""), event.get("ResourceType", ""), why or status)
        ]
    return found


def _events(aws: Aws, stack_name: str, since: datetime | None) -> list[StackEventTypeDef]:
    """Return the events since a time, or else of the last deployment, oldest first.

    The deployment's first event is used rather than this machine's time, which may differ from that
    of CloudFormation.
    """
    found: list[StackEventTypeDef] = []
    pages = aws.cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack_name)
    for page in pages:
        for event in page["StackEvents"]:
            if since and event["Timestamp"] < since:
                return found[::-1]
            found.append(event)
            is_stack = event.get("PhysicalResourceId") == event["StackId"]
            if not since and is_stack and event.get("ResourceStatus") in _STARTED:
                return found[::-1]
    return found[::-1]


def _where(template: Path, lines: TemplateLines, name: str) -> str:
    """Return a resource's place in the template, or that of the resource it was generated from."""
    source = lines.source(name.partition("/")[0])
    line = lines.line("Resources", source) if source else None
    return f"{template.name}{f':{line}' if line else ''}"
