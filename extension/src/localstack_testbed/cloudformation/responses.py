"""URLs to which custom resources and wait conditions send their answers.

On AWS they are presigned URLs of S3; here, whoever knows the token in the URL may answer, too.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
"""

import json
import secrets
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from localstack import config
from localstack.http import Request, Response, route

_PATH = "/cloudformation-responses"
_LONGEST = 4096
"""Bytes of an answer; the page above has the limit."""


class Inbox:
    """The answers that were sent to one URL."""

    def __init__(self, token: str) -> None:
        self.url = f"{config.external_service_url()}{_PATH}/{token}"
        self._changed = threading.Condition()
        self._answers: list[dict[str, Any]] = []

    def put(self, answer: dict[str, Any]) -> None:
        """Add an answer."""
        with self._changed:
            self._answers.append(answer)
            self._changed.notify_all()

    def answers(self) -> list[dict[str, Any]]:
        """Return the answers so far, in the order in which they came."""
        with self._changed:
            return list(self._answers)

    def wait(
        self, enough: Callable[[list[dict[str, Any]]], bool], seconds: float
    ) -> list[dict[str, Any]]:
        """Wait until there are enough answers, or the time is over, and return them."""
        with self._changed:
            self._changed.wait_for(lambda: enough(self._answers), timeout=seconds)
            return list(self._answers)


class _Endpoint:
    def __init__(self) -> None:
        self.inboxes: dict[str, Inbox] = {}

    @route(f"{_PATH}/<token>", methods=["PUT"])
    def put(self, request: Request, token: str) -> Response:
        inbox = self.inboxes.get(token)
        if inbox is None:
            return Response("There is no such URL, or it has been used.", status=404)
        body = request.get_data()
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError):
            answer = {"Status": "FAILED", "Reason": "Response is not valid JSON"}
        if len(body) > _LONGEST:
            answer = {"Status": "FAILED", "Reason": "Response object is too long."}
        elif not isinstance(answer, dict):
            answer = {"Status": "FAILED", "Reason": "Response is not a JSON object"}
        inbox.put(answer)
        return Response(status=200)


@cache
def _endpoint() -> _Endpoint:
    from localstack.services.edge import ROUTER

    endpoint = _Endpoint()
    ROUTER.add(endpoint)
    return endpoint


def open_inbox() -> Inbox:
    """Return an inbox with a new URL."""
    token = secrets.token_urlsafe(24)
    inbox = Inbox(token)
    _endpoint().inboxes[token] = inbox
    return inbox


def find_inbox(url: str) -> Inbox | None:
    """Return the inbox with this URL."""
    return _endpoint().inboxes.get(url.rpartition("/")[2])


def close_inbox(inbox: Inbox) -> None:
    """Accept no more answers."""
    _endpoint().inboxes.pop(inbox.url.rpartition("/")[2], None)
