"""Helpers that resource types share: properties, tags and documents as AWS's APIs have them."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.model import Properties, is_missing

NOT_HERE = "is not available in this testbed"


def without(properties: Mapping[str, Any], *names: str) -> Properties:
    """Return the properties but those."""
    return {name: value for name, value in properties.items() if name not in names}


def changed(old: Mapping[str, Any], new: Mapping[str, Any], *names: str) -> bool:
    """Return whether one of these properties differs."""
    return any(old.get(name) != new.get(name) for name in names)


def unavailable(properties: Any, *names: str) -> str | None:
    """Return a sentence about the first of these properties that is given and not off.

    For ``ResourceType.unsupported``; properties that are UNKNOWN have none.
    """
    if not isinstance(properties, Mapping):
        return None
    return next((f"{name} {NOT_HERE}" for name in names if properties.get(name)), None)


def part(properties: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object of the properties; it is empty if it is absent or UNKNOWN."""
    found = properties.get(name)
    return found if isinstance(found, Mapping) else {}


def json_text(value: Any) -> str:
    """Return a value as text, as APIs have policies and attributes.

    A template may have a policy document as an object or as text.
    """
    return value if isinstance(value, str) else json.dumps(value)


def tag_map(properties: Mapping[str, Any]) -> dict[str, str]:
    """Return the property ``Tags``, which is a list of keys and values or a map, as a map."""
    tags = properties.get("Tags") or ()
    if isinstance(tags, Mapping):
        return dict(tags)
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Return tags as a list of keys and values."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def update_tags(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    *,
    tag: Callable[[dict[str, str]], object],
    untag: Callable[[list[str]], object],
) -> None:
    """Bring the tags of a resource from the old properties to the new ones.

    Tags that others have set stay. ``tag`` gets all new tags, because an earlier update may have
    been left half done.
    """
    before, after = tag_map(old), tag_map(new)
    if removed := [key for key in before if key not in after]:
        untag(removed)
    if after and before != after:
        tag(after)


def exists(call: Callable[..., Any], **arguments: Any) -> bool:
    """Return whether a call finds what it asks for.

    Examples
    --------
    ``exists(sqs.get_queue_url, QueueName="orders")``
    """
    return _found(call, arguments)


def delete_if_exists(call: Callable[..., Any], **arguments: Any) -> None:
    """Call an operation that removes something, which may be gone already."""
    _found(call, arguments)


def _found(call: Callable[..., Any], arguments: Mapping[str, Any]) -> bool:
    try:
        call(**arguments)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
    return True
