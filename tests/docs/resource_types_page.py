"""The page docs/resource-types.md, generated from the extension's resource types and schemas.

``PYTHONPATH=extension/src .venv/bin/python -m tests.docs.resource_types_page`` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from localstack_testbed.cloudformation.resources.model import ResourceType
from localstack_testbed.cloudformation.resources.registry import all_types, resource_type
from localstack_testbed.cloudformation.schemas.data_files import load
from localstack_testbed.cloudformation.schemas.schema import schema
from localstack_testbed.cloudformation.template import serverless

from tests.conftest import ROOT
from tests.extension.live.cloudformation.types import EXAMPLES

PAGE = ROOT / "docs" / "resource-types.md"
COMMAND = (
    "PYTHONPATH=extension/src .venv/bin/python -m tests.docs.resource_types_page"
    " > docs/resource-types.md"
)
_SCHEMAS = (
    "https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html"
)
_INTRODUCTION = f"""\
# Resource types

The resource types that a CloudFormation or SAM template can use in this testbed. If a template has
a type or a property that exists on AWS but not here, the deployment is rejected before anything is
created, and the error names each such resource. `TESTBED_SKIP_UNSUPPORTED_RESOURCES=1`
[skips](extension.md#settings) these resources and properties instead.

- **A change replaces:** if one of these properties changes, an update creates a new resource, and
  deletes the old one after everything else has succeeded. A resource cannot be replaced while the
  template gives it a name that stays the same: change the name, too.
- All other properties are updated in place, and the resource keeps its name, id and content.
- **Not available:** these properties or values are rejected. A type that is not in the tables is
  not available at all: those of DynamoDB, Step Functions, Kinesis, Cognito, API Gateway's HTTP and
  WebSocket APIs, EC2 and other services.

[AWS's resource schemas]({_SCHEMAS})
say which properties a type has, which values are valid, and what replaces a resource.
[Differences from AWS](fidelity.md#cloudformation) has what behaves differently although it is
available.

"""
_MADE = f"<!-- Made from the resource types: {COMMAND} -->\n"
_HEADINGS = ("Type", "A change replaces", "Not available")

_REJECTED_CHANGES = {
    "AWS::CloudFormation::CustomResource": "`ServiceToken`",
    "AWS::CloudFormation::WaitCondition": "every property",
    "AWS::KMS::Key": "`KeySpec`, `KeyUsage`, `MultiRegion`, `Origin`",
    "AWS::S3::Bucket": "`ObjectLockEnabled` to `false`",
}
"""Changes that AWS rejects, instead of replacing the resource."""

_NOTES = {
    "AWS::CDK::Metadata": "without an effect, as on AWS",
    "AWS::CloudFormation::CustomResource": (
        "the resource, if the response to an update has another `PhysicalResourceId`"
    ),
}
_MORE_NAMES = {
    "AWS::CloudFormation::CustomResource": "`AWS::CloudFormation::CustomResource`, `Custom::…`"
}
_ATTRIBUTES = {
    "AWS::CloudFormation::WaitCondition": ("CreationPolicy",),
    "AWS::Lambda::Alias": ("UpdatePolicy.CodeDeployLambdaAliasUpdate",),
}
"""Attributes next to Properties that are rejected."""

_TARGETS = {
    "AWS::Events::Rule": "targets of services other than Lambda, SQS, SNS, EventBridge, "
    "API Gateway and CloudWatch Logs",
    "AWS::Scheduler::Schedule": "targets of services other than those that "
    "[run here](fidelity.md#schedules)",
}

_FUNCTION: dict[str, Any] = {
    "Runtime": "python3.13",
    "Handler": "index.handler",
    "InlineCode": "def handler(event, context): ...",
}
_API = {
    "openapi": "3.0.1",
    "paths": {"/": {"get": {"x-amazon-apigateway-integration": {"type": "mock"}}}},
}
_SERVERLESS: dict[str, dict[str, Any]] = {
    "Api": {"StageName": "v1", "DefinitionBody": _API},
    "Application": {"Location": "https://example.s3.amazonaws.com/template.yaml"},
    "CapacityProvider": {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}},
    "Connector": {
        "Source": {"Id": "Function"},
        "Destination": {"Id": "Queue"},
        "Permissions": ["Write"],
    },
    "Function": {
        **_FUNCTION,
        "AutoPublishAlias": "live",
        "FunctionUrlConfig": {"AuthType": "NONE"},
    },
    "GraphQLApi": {"SchemaInline": "type Query { a: String }", "Auth": {"Type": "AWS_IAM"}},
    "HttpApi": {"DefinitionBody": _API},
    "LayerVersion": {"ContentUri": "s3://example/layer.zip"},
    "SimpleTable": {},
    "WebSocketApi": {
        "Routes": {"$connect": {"FunctionArn": "arn:aws:lambda:us-east-1:1:function:f"}}
    },
    "StateMachine": {"DefinitionUri": "s3://example/machine.json", "Role": "arn:aws:iam::1:role/r"},
}
"""SAM's types, with properties that show what they become."""

_OTHERS = {
    "Function": {"Type": "AWS::Serverless::Function", "Properties": _FUNCTION},
    "Queue": {"Type": "AWS::SQS::Queue"},
}


def content() -> str:
    """Return what the page must contain."""
    sections = groupby(sorted(all_types()), key=lambda each: each.rpartition("::")[0])
    return (
        _INTRODUCTION
        + _MADE
        + _serverless()
        + "".join(_section(name, list(types)) for name, types in sections)
    )


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _serverless() -> str:
    rows = [("SAM's type", "Becomes"), ("---", "---")]
    rows += [(f"`AWS::Serverless::{name}`", _becomes(name)) for name in sorted(_SERVERLESS)]
    return (
        "\n## AWS::Serverless\n\nWhat SAM makes of each of its types. The events of a function add"
        f" others, such as `AWS::Events::Rule`.\n\n{_table(rows)}"
    )


def _becomes(name: str) -> str:
    """Return the types that SAM makes of one of its own, or those that are not here."""
    subject = {"Type": f"AWS::Serverless::{name}", "Properties": _SERVERLESS[name]}
    others = _OTHERS if name == "Connector" else {}
    document = {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {**others, "Subject": subject},
    }
    parameters = {"AWS::Region": "us-east-1", "AWS::Partition": "aws"}
    made = serverless.transform(document, parameters)["Resources"]
    types = sorted({each["Type"] for key, each in made.items() if key.startswith("Subject")})
    if missing := [each for each in types if resource_type(each) is None]:
        known = [each for each in missing if not each.startswith("AWS::Serverless::")]
        return f"not available: {_code(known[:1])}" if known else "not available"
    return _code(types)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _section(service: str, types: list[str]) -> str:
    rows = [_HEADINGS, ("---",) * len(_HEADINGS)]
    rows += [
        (_MORE_NAMES.get(name, f"`{name}`"), _replaces(name), _not_available(name))
        for name in types
    ]
    return f"\n## {service}\n\n{_table(rows)}"


def _replaces(name: str) -> str:
    parts = []
    if name in _NOTES:
        parts.append(_NOTES[name])
    else:
        replacing, settable = _replacing(name)
        parts.append(
            "every property"
            if replacing and not settable - set(replacing)
            else ", ".join(f"`{each}`{note}" for each, note in replacing.items())
        )
    if not any(parts):
        parts = ["nothing"]
    described = schema(name)
    if described and described.deleted_before_replacement:
        parts.append("the old one is deleted first, as on AWS")
    if name in _REJECTED_CHANGES:
        parts.append(f"rejected, as on AWS: {_REJECTED_CHANGES[name]}")
    return "; ".join(parts)


def _replacing(name: str) -> tuple[dict[str, str], set[str]]:
    """Return the properties whose change replaces the resource, with notes, and all properties."""
    data, kind = load(name), resource_type(name)
    assert data, f"{name} has no schema: run python -m tests.extension.schemas"
    assert kind
    settable = set(data.get("properties", {})) - {
        shown for example in EXAMPLES if example.type == name for shown, _ in example.rejected()
    }
    replacing = dict.fromkeys(_names(data.get("createOnlyProperties", []), settable), "")
    if type(kind).needs_replacement is not ResourceType.needs_replacement:
        conditional = _names(data.get("conditionalCreateOnlyProperties", []), settable)
        replacing |= dict.fromkeys(conditional, " (in some cases)")
    for example in EXAMPLES:
        if example.type == name:
            replacing |= dict.fromkeys(example.replaces, "")
    return replacing, settable


def _not_available(name: str) -> str:
    shown = {shown: None for each in EXAMPLES if each.type == name for shown, _ in each.rejected()}
    parts = [f"`{each}`" for each in (*shown, *_ATTRIBUTES.get(name, ()))]
    if name in _TARGETS:
        parts.append(_TARGETS[name])
    return ", ".join(parts)


def _names(pointers: list[str], settable: set[str]) -> Iterator[str]:
    """Yield the names of properties that a template may have."""
    for pointer in sorted(pointers):
        name = pointer.removeprefix("/properties/")
        if name.partition("/")[0] in settable:
            yield name.replace("/", ".")


if __name__ == "__main__":
    print(content(), end="")
