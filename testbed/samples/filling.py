"""Sample events made from their templates: with ids, times, ARNs, and values that were set.

In a template, ``${name}`` stands for a value: a variable of the sample, or one of those that
:func:`_common_values` makes. A text that consists of one such name has the value's type, such as
an integer. An object with one key that begins with ``$`` stands for the text that its content is
encoded as: ``$json``, ``$base64``, or ``$awslogs`` (gzip, then base64).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import quote_plus, urlencode

from testbed.errors import TestbedError
from testbed.samples.catalog import Sample
from testbed.samples.paths import set_path

_NAME = re.compile(r"\$\{([\w-]+)\}")


@dataclass(frozen=True)
class Surroundings:
    """Where an event is for: the function that receives it, and its account and region."""

    account: str = "000000000000"
    region: str = "us-east-1"
    function: str = "my-function"
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def make_event(
    sample: Sample,
    settings: Iterable[tuple[str, str]] = (),
    surroundings: Surroundings | None = None,
    sources: Mapping[str, Any] | None = None,
) -> Any:
    """Make an event from a sample.

    Parameters
    ----------
    settings
        Names of the sample's variables, or paths such as ``Records[0].body``, and their values.
        A value that replaces a text is used as it is; any other is JSON.
    surroundings
        By default, a function ``my-function`` in the testbed's usual account and region.
    sources
        Values of variables that are known, such as the name of the queue that the function reads.
        Settings have precedence.

    Raises
    ------
    TestbedError
        If a path or a value is not valid.

    Examples
    --------
    >>> make_event(find_sample("sqs"), [("body", "hello")])["Records"][0]["md5OfBody"]
    '5d41402abc4b2a76b9719d911017c592'
    """
    settings = list(settings)
    given = surroundings or Surroundings()
    variables = {**sample.variables, "function": given.function, **(sources or {})}
    for name, text in settings:
        if name in sample.variables:
            variables[name] = converted(sample.variables[name], text, name)
    event = _filled(sample.template(), {**_common_values(given), **_derived(given, variables)})
    for name, text in settings:
        if name not in sample.variables:
            set_path(event, name, partial(converted, text=text, name=name))
    _complete(event)
    return event


def converted(old: Any, text: str, name: str) -> Any:
    """Convert a value that was typed to the type of the value that it replaces.

    Raises
    ------
    TestbedError
        If it is not JSON, or has another type.
    """
    if isinstance(old, str):
        return text
    try:
        value = json.loads(text)
    except ValueError as error:
        if old is None:  # nothing is known about its type
            return text
        raise TestbedError(f"{name}: {text!r} is not valid JSON: {error}.") from error
    if old is not None and value is not None and not _same_type(old, value):
        raise TestbedError(f"{name}: {text!r} is not {_description(old)}.")
    return value


def _same_type(old: Any, value: Any) -> bool:
    numbers = int | float
    if isinstance(old, numbers) and not isinstance(old, bool):
        return isinstance(value, numbers) and not isinstance(value, bool)
    return isinstance(value, type(old))


def _description(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case list():
            return "a list in JSON"
    return "an object in JSON"


def _common_values(given: Surroundings) -> dict[str, Any]:
    """Return the ids, times and names that templates use; each has one value in an event."""
    now = given.now
    milliseconds = int(now.timestamp() * 1000)
    fraction = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}"
    return {
        "account": given.account,
        "region": given.region,
        "function": given.function,
        "function_arn": f"arn:aws:lambda:{given.region}:{given.account}:function:{given.function}",
        "now_iso": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "now_iso_ms": f"{fraction}Z",
        "now_cloudwatch": f"{fraction}+0000",
        "now_clf": f"{now:%d/%b/%Y:%H:%M:%S} +0000",
        "now_rfc": format_datetime(now),
        "now_ms": milliseconds,
        "now_ms_text": str(milliseconds),
        "now_seconds": milliseconds // 1000,
        "now_seconds_exact": milliseconds / 1000,
        "uuid1": str(uuid.uuid4()),
        "uuid2": str(uuid.uuid4()),
        "short_id": secrets.token_urlsafe(11),
        "long_id": secrets.token_urlsafe(48),
        "hex32": secrets.token_hex(16),
        "trace_seconds": f"{milliseconds // 1000:08x}",
        "trace_id": secrets.token_hex(12),
        "sequencer": f"00{milliseconds:016X}",
        "log_event_id": str(milliseconds) + "0" * 43,
    }


def _derived(given: Surroundings, variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the variables, and the values that follow from them."""
    values = dict(variables)
    if "key" in values:
        # "The object key name value is URL encoded": a space is a plus sign. https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
        values["key_encoded"] = quote_plus(str(values["key"]), safe="/")
    if "body" in values:
        # A FIFO queue with content-based deduplication. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
        values["sha256_of_body"] = hashlib.sha256(str(values["body"]).encode()).hexdigest()
    if "queryStringParameters" in values:
        query = values["queryStringParameters"] or {}
        values["queryStringParameters"] = query or None
        values["multi_query"] = {name: [value] for name, value in query.items()} or None
        values["raw_query"] = urlencode(query)
    if "alarm" in values:
        values["region_name"] = _region_name(given.region)
    return values


def _region_name(region: str) -> str:
    """Return the name of a region that AWS shows, such as ``US East (N. Virginia)``."""
    from botocore.loaders import Loader

    partitions = Loader().load_data("partitions")["partitions"]
    names = {
        name: each["description"] for one in partitions for name, each in one["regions"].items()
    }
    return str(names.get(region, region))


def _filled(template: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(template, str):
        if whole := _NAME.fullmatch(template):
            return values[whole[1]]
        return _NAME.sub(lambda match: str(values[match[1]]), template)
    if isinstance(template, list):
        return [_filled(each, values) for each in template]
    if isinstance(template, dict):
        first = next(iter(template), "")
        if first in _ENCODINGS:
            content = _filled(template[first], values)
            _complete(content)
            return _ENCODINGS[first](content)
        return {name: _filled(each, values) for name, each in template.items()}
    return template


def _base64(content: Any) -> str:
    return base64.b64encode(str(content).encode()).decode()


def _awslogs(content: Any) -> str:
    return base64.b64encode(gzip.compress(json.dumps(content).encode(), mtime=0)).decode()


_ENCODINGS: dict[str, Callable[[Any], str]] = {
    "$json": json.dumps,
    "$base64": _base64,
    "$awslogs": _awslogs,
}


def _complete(event: Any) -> None:
    """Fill in what follows from the rest of an event."""
    if not isinstance(event, dict):
        return
    for record in event.get("Records") or ():
        if isinstance(record, dict) and record.get("md5OfBody") == "":
            body = str(record["body"]).encode()
            record["md5OfBody"] = hashlib.md5(body, usedforsecurity=False).hexdigest()
    if event.get("version") == "2.0" and event.get("queryStringParameters", ...) is None:
        # "Format 2.0" has the field only if the request has parameters.
        del event["queryStringParameters"]
