"""The entries of one PutEvents request have 1 MiB together; LocalStack gives each 256 KB.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html says how their size is
counted. It was 256 KB until January 2026.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.hooks.patching import replace

LIMIT_BYTES = 1024 * 1024
_TIME_BYTES = 14


def check_size(entries: Sequence[Mapping[str, Any]]) -> None:
    """Check how large the entries of a request are together.

    Raises
    ------
    CommonServiceException
        If they are too large.
    """
    if sum(map(_size, entries)) > LIMIT_BYTES:
        raise CommonServiceException(
            "ValidationException", "Total size of the entries in the request is over the limit."
        )


def patch_events() -> None:
    """Replace LocalStack's limit, which is in the middle of its check of an entry."""
    from localstack.services.events import provider

    def validate_event(event: Mapping[str, Any]) -> Any:
        # In place of the detail, a short one that is as valid.
        detail = "{}" if _is_object(event.get("Detail")) else event.get("Detail", "")[:1]
        return validate({**event, "Detail": detail})

    validate = replace(provider, "validate_event", validate_event)


def _size(entry: Mapping[str, Any]) -> int:
    texts = [entry.get(name) or "" for name in ("Source", "DetailType", "Detail")]
    texts += entry.get("Resources") or []
    return sum(len(text.encode()) for text in texts) + (_TIME_BYTES if entry.get("Time") else 0)


def _is_object(detail: str | None) -> bool:
    try:
        return isinstance(json.loads(detail or ""), dict)
    except (ValueError, RecursionError):
        return False
