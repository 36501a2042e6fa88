"""What the resource types of API Gateway share: calls, patch operations and tags."""

from collections.abc import Iterator, Mapping
from typing import Any

from localstack_testbed.cloudformation.resources.helpers import NOT_HERE, update_tags
from localstack_testbed.cloudformation.resources.model import Context, Properties

type Patch = dict[str, str]

NOT_YET = f"{NOT_HERE} yet"


def gateway(context: Context) -> Any:
    return context.client("apigateway")


def arguments_of(properties: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the properties as arguments of the API, which begin with a small letter."""
    return {
        f"{name[0].lower()}{name[1:]}": properties[name]
        for name in names
        if properties.get(name) is not None
    }


def patch_text(value: Any) -> str:
    """Return a value as a patch operation has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def replace(path: str, value: Any) -> Patch:
    return {"op": "replace", "path": path, "value": patch_text(value)}


def remove(path: str) -> Patch:
    return {"op": "remove", "path": path}


def escaped(part: str) -> str:
    """Return a part of a JSON pointer."""
    return part.replace("~", "~0").replace("/", "~1")


def set_tags(context: Context, path: str, old: Properties, new: Properties) -> None:
    """Set the tags of what has the path in API Gateway's API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
    """
    arn = f"arn:aws:apigateway:{context.region}::{path}"
    client = gateway(context)
    update_tags(
        old,
        new,
        tag=lambda tags: client.tag_resource(resourceArn=arn, tags=tags),
        untag=lambda keys: client.untag_resource(resourceArn=arn, tagKeys=keys),
    )


def resources_of(client: Any, rest_api_id: str) -> Iterator[Mapping[str, Any]]:
    pages = client.get_paginator("get_resources").paginate(restApiId=rest_api_id)
    for page in pages:
        yield from page["items"]
