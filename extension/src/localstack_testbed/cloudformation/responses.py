"""URLs to which custom resources and wait conditions send their answers.

On AWS they are presigned URLs of S3; here, the token in the URL is all that an answer requires.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
"""

import json
import secrets
import threading
from functools import cache
from typing import Any

_PATH = "/cloudformation-responses"
_LONGEST = 4096
"""Bytes of an answer; the page above has the limit."""

_MOST = 10_000
"""Answers that an inbox keeps."""


class Inbox:
    """The answers that were sent to one URL."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._lock = threading.Lock()
        self._answers: list[dict[str, Any]] = []

    def put(self, answer: dict[str, Any]) -> None:
        """Add an answer."""
        with self._lock:
            if len(self._answers) < _MOST:
                self._answers.append(answer)

    def answers(self) -> list[dict[str, Any]]:
        """Return the answers so far, in the order in which they came."""
        with self._lock:
            return list(self._answers)


_INBOXES: dict[str, Inbox] = {}
_CLOSED: dict[str, None] = {}
"""The tokens of inboxes that were closed last, in this order."""

_REMEMBERED = 1000


def _receive(request: Any, token: str) -> Any:
    from localstack.http import Response

    inbox = _INBOXES.get(token)
    if inbox is not None:
        inbox.put(_answer(request.get_data()))
    elif token not in _CLOSED:
        return Response("There is no such URL.", status=404)
    # An answer that comes too late or again is accepted and ignored, as S3 does.
    return Response(status=200)


def _answer(body: bytes) -> dict[str, Any]:
    if len(body) > _LONGEST:
        return {"Status": "FAILED", "Reason": "Response object is too long."}
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return answer
    return {"Status": "FAILED", "Reason": "Response is not a valid JSON object"}


@cache
def _serve() -> None:
    from localstack.services.edge import ROUTER

    ROUTER.add(f"{_PATH}/<token>", _receive, methods=["PUT"])


def open_inbox() -> Inbox:
    """Return an inbox with a new URL."""
    from localstack import config

    _serve()
    token = secrets.token_urlsafe(24)
    _INBOXES[token] = Inbox(f"{config.external_service_url()}{_PATH}/{token}")
    return _INBOXES[token]


def find_inbox(url: str) -> Inbox | None:
    """Return the inbox with this URL."""
    return _INBOXES.get(url.rpartition("/")[2])


def close_inbox(inbox: Inbox) -> None:
    """Accept no more answers."""
    token = inbox.url.rpartition("/")[2]
    _INBOXES.pop(token, None)
    _CLOSED[token] = None
    while len(_CLOSED) > _REMEMBERED:
        _CLOSED.pop(next(iter(_CLOSED)), None)
