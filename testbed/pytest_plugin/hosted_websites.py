"""Websites for functions that cannot reach this machine: an API in AWS answers for them."""

from __future__ import annotations

import json
import uuid
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.machine.websites import Page
    from testbed.pytest_plugin.stack import Stack

TEMPLATE = Path(__file__).parent / "hosting" / "template.yaml"
"""What has to be deployed."""


class HostedWebsites:
    """The websites that a deployed stack answers for, told apart by their paths."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def open(self, page: Page) -> HostedWebsite:
        """Open a website, which shows its page from now on."""
        return HostedWebsite(page, self._stack)


class HostedWebsite:
    """A website with one page, as :class:`testbed.machine.websites.Website` is one on this machine.

    What a test says holds from the next request on, as S3 is
    `strongly consistent <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html>`_.
    """

    def __init__(self, page: Page, stack: Stack) -> None:
        self._page = page
        self._s3 = stack.aws.s3
        self._bucket = stack.outputs["BucketName"]
        self._path = f"{page.name}-{uuid.uuid4().hex[:8]}"
        self._outage: HTTPStatus | None = None
        self._delay = 0.0
        self.url = f"{stack.api_url}/{self._path}"
        """Where functions find the page."""
        self._put()

    def answers(self, status: int) -> None:
        """Answer every request with a status, and not with the page.

        Raises
        ------
        ValueError
            If it is none of HTTP's.
        """
        self._outage = HTTPStatus(status)
        self._put()

    def down(self) -> None:
        """Answer every request with 502, as API Gateway cannot hang up."""
        self.answers(HTTPStatus.BAD_GATEWAY)

    def slow(self, seconds: float) -> None:
        """Let every request wait for so long before it is answered, for at most 29 seconds.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
        """
        self._delay = seconds
        self._put()

    def recovers(self) -> None:
        """Show the page again, and at once."""
        self._outage, self._delay = None, 0.0
        self._put()

    def close(self) -> None:
        """Answer 404 from now on."""
        self._s3.delete_object(Bucket=self._bucket, Key=self._path)

    def _put(self) -> None:
        shown = (HTTPStatus.OK, self._page.content_type, self._page.body)
        if self._outage is not None:
            shown = (self._outage, "text/plain", f"{self._outage.phrase}\n")
        status, content_type, body = shown
        answer = {
            "status": status,
            "content_type": f"{content_type}; charset=utf-8",
            "body": body,
            "delay": self._delay,
        }
        content = json.dumps(answer).encode()
        self._s3.put_object(Bucket=self._bucket, Key=self._path, Body=content)
