"""Causes of journal entries: the current cause of a thread, and the ids in functions' events."""

import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CAUSE_HEADER = "X-Testbed-Cause"
"""The header with the cause of a request that one part of LocalStack sends to another by HTTP."""

EVENT_BYTES = 1024 * 1024
"""Larger events of functions are not searched for ids."""

_ROOT = re.compile(r"Root=([^;]+)")


class _Cause(threading.local):
    """The id of the entry that everything in this thread follows from."""

    id: str | None = None


_cause = _Cause()


def current_cause() -> str | None:
    """Return the id of the entry that this thread's actions follow from."""
    return _cause.id


def enter(identity: str | None) -> str | None:
    """Set the current cause of this thread, or none; return the previous one."""
    before, _cause.id = _cause.id, identity
    return before


@contextmanager
def caused_by(identity: str) -> Iterator[None]:
    """Set the current cause of this thread for the duration of the block."""
    before = enter(identity)
    try:
        yield
    finally:
        enter(before)


def current_causes() -> list[str]:
    """Return the current cause as the ``causes`` of an entry."""
    return [_cause.id] if _cause.id else []


def trace_root(header: Any) -> str | None:
    """Return the root of an X-Ray trace header, which LocalStack has as an object or as a text.

    https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
    """
    if isinstance(header, str):
        found = _ROOT.search(header)
        return found[1] if found else None
    return header.root if header is not None else None


def new_id() -> str:
    """Return an id for an entry that AWS gives none."""
    return uuid.uuid4().hex


def causes_of_event(payload: bytes | str) -> list[str]:
    """Return the ids of the messages, notifications, events or request in a function's event.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html,
    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html,
    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html,
    https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
    """
    if len(payload) > EVENT_BYTES:
        return []
    try:
        event = json.loads(payload)
    except (ValueError, RecursionError):
        return []
    if not isinstance(event, dict):
        return []
    if isinstance(records := event.get("Records"), list):
        return [found for record in records if (found := _id_of_record(record))]
    if "detail-type" in event and isinstance(event.get("id"), str):
        return [event["id"]]
    request = event.get("requestContext")
    if isinstance(request, dict) and isinstance(request.get("requestId"), str):
        return [request["requestId"]]
    return []


def _id_of_record(record: Any) -> str | None:
    if not isinstance(record, dict):
        return None
    found = record.get("messageId") or record.get("eventID")
    if isinstance(notification := record.get("Sns"), dict):
        found = notification.get("MessageId")
    return found if isinstance(found, str) else None
