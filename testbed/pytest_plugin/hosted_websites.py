"""Websites served by a stack in AWS, for functions that cannot reach this machine."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.websites.page import check_status, phrase

if TYPE_CHECKING:
    from testbed.pytest_plugin.stack import Stack
    from testbed.websites.page import Page

TEMPLATE = Path(__file__).parent / "hosting" / "template.yaml"
"""The stack that serves them: a REST API with a function, and a bucket."""


class HostedWebsites:
    """The websites of a deployed stack, each with its own path."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def open(self, page: Page) -> HostedWebsite:
        """Open a website that shows a page."""
        return HostedWebsite(page, self._stack)


class HostedWebsite:
    """A website with one page, a :class:`testbed.Website`.

    A change applies from the next request on, as S3 is
    `strongly consistent <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html>`_.
    """

    def __init__(self, page: Page, stack: Stack) -> None:
        self._page = page
        self._s3 = stack.aws.s3
        self._bucket = stack.outputs["BucketName"]
        self._path = f"{page.name}-{uuid.uuid4().hex[:8]}"
        self._outage: int | None = None
        self._delay = 0.0
        self.url = f"{stack.api_url}/{self._path}"
        """The page's URL for functions."""
        self._put()

    def answers(self, status: int) -> None:
        """Answer every request with an HTTP status instead of the page.

        Raises
        ------
        ValueError
            If it is not the status of a final response, from 200 to 599.
        """
        check_status(status)
        self._outage = status
        self._put()

    def down(self) -> None:
        """Answer every request with 502: API Gateway cannot refuse connections instead."""
        self.answers(HTTPStatus.BAD_GATEWAY)

    def slow(self, seconds: float) -> None:
        """Delay every answer by a number of seconds, at most 29.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
        """
        self._delay = seconds
        self._put()

    def recovers(self) -> None:
        """Show the page again, without a delay."""
        self._outage, self._delay = None, 0.0
        self._put()

    def close(self) -> None:
        """Answer every request with 404."""
        self._s3.delete_object(Bucket=self._bucket, Key=self._path)

    def _put(self) -> None:
        shown: tuple[int, str, str] = (
            HTTPStatus.OK,
            self._page.content_type,
            self._page.body.decode(),
        )
        if self._outage is not None:
            shown = (self._outage, "text/plain; charset=utf-8", f"{phrase(self._outage)}\n")
        status, content_type, body = shown
        answer = {
            "status": status,
            "content_type": content_type,
            "body": body,
            "delay": self._delay,
        }
        content = json.dumps(answer).encode()
        self._s3.put_object(Bucket=self._bucket, Key=self._path, Body=content)
