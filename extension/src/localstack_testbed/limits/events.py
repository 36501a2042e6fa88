"""EventBridge's limit of 1 MiB for all entries of a PutEvents request.

LocalStack allows 256 KB for each entry, which was AWS's limit until January 2026. How AWS counts:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from localstack.aws.api import CommonServiceException

from localstack_testbed.hooks.patching import replace

LIMIT_BYTES = 1024 * 1024
_TIME_BYTES = 14


def check_size(entries: Sequence[Mapping[str, Any]]) -> None:
    """Check the total size of a request's entries.

    Raises
    ------
    CommonServiceException
        If it is over the limit.
    """
    if sum(map(_size, entries)) > LIMIT_BYTES:
        raise CommonServiceException(
            "ValidationException", "Total size of the entries in the request is over the limit."
        )


def patch_events() -> None:
    """Bypass LocalStack's limit, which is part of its validation of an entry."""
    from localstack.services.events import provider

    def validate_event(event: Mapping[str, Any]) -> Any:
        # Validate with a short detail that is valid exactly if the real one is.
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
