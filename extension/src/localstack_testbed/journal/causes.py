"""What follows from what: the hop that a thread is at, and the ids in the events of functions."""

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CAUSE_HEADER = "X-Testbed-Cause"
"""Has the hop that a request follows from, where one part of LocalStack asks another by HTTP."""

EVENT_BYTES = 1024 * 1024
"""Events of functions beyond that are not searched for ids."""


class _Hop(threading.local):
    """The hop that a thread is at: whatever it does follows from that."""

    id: str | None = None


_hop = _Hop()


def current_cause() -> str | None:
    """Return the id of the hop that this thread is at."""
    return _hop.id


def enter(identity: str | None) -> str | None:
    """Be at a hop from now on, or at none; return the one before."""
    before, _hop.id = _hop.id, identity
    return before


@contextmanager
def at_hop(identity: str) -> Iterator[None]:
    """Be at a hop for a while."""
    before = enter(identity)
    try:
        yield
    finally:
        enter(before)


def current_causes() -> list[str]:
    """Return the current cause as entries have it."""
    return [_hop.id] if _hop.id else []


def new_id() -> str:
    """Return the id of a hop that has none of AWS's."""
    return uuid.uuid4().hex


def causes_of_event(payload: bytes | str) -> list[str]:
    """Return the ids of what an event for a function is about.

    Messages, notifications, events and requests have theirs in it:
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
