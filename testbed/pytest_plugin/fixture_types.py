"""Types of fixtures without their own class, for type annotations in tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from testbed.pytest_plugin.stack import Stack

T = TypeVar("T")

WITHIN_SECONDS = 10.0
"""How long ``eventually`` waits by default."""


class Eventually(Protocol):
    """The fixture ``eventually``, which waits until a condition is true.

    Use it wherever a test would sleep: an asynchronous system takes as long as it takes.

    Examples
    --------
    ::

        from testbed import Aws, Eventually, Stack


        def test_order_arrives(stack: Stack, aws: Aws, eventually: Eventually) -> None:
            queue = stack.resource("Orders")
            aws.sqs.send_message(QueueUrl=queue, MessageBody="tea")
            [message] = eventually(
                lambda: aws.sqs.receive_message(QueueUrl=queue).get("Messages"),
                within=5,
                what="order",
            )
            assert message["Body"] == "tea"
    """

    def __call__(
        self, condition: Callable[[], T | None], *, within: float = WITHIN_SECONDS, what: str = ""
    ) -> T:
        """Call a function until it returns something true, and return that.

        An AssertionError in the function means "not yet", so the function may contain assertions.
        So does an error of AWS that says that something does not exist, such as NoSuchKey. Any
        other exception ends the waiting and is raised.

        Parameters
        ----------
        condition
            The function to call: at first every 10 ms, later at longer intervals.
        within
            The limit in seconds.
        what
            What the test waits for, for the error message: "email to the customer".

        Raises
        ------
        StillFalseError
            If the limit has passed. It shows the last result or the last error.
        """


class Deploy(Protocol):
    """The fixture ``deploy``, which deploys further templates for one test.

    Examples
    --------
    ::

        from testbed import Deploy, Stack


        def test_two_shops(deploy: Deploy) -> None:
            tea = deploy("template.yaml")
            coffee = deploy("template.yaml")
            assert tea.name != coffee.name
    """

    def __call__(self, template: str | Path, *, confirmed: bool = True, **parameters: str) -> Stack:
        """Deploy a template as a stack with a unique name, and delete the stack after the test.

        Parameters
        ----------
        template
            The template's path, relative to pytest's root folder.
        confirmed
            Whether to confirm the stack's email subscriptions. Unconfirmed ones get no emails.
        parameters
            The template's parameters.

        Raises
        ------
        TestbedError
            If the template is missing, not valid, or cannot be deployed.
        """


class Website(Protocol):
    """A website that functions can reach and that a test controls.

    Examples
    --------
    ::

        import requests

        from testbed import MakeWebsite


        def test_website_fails_and_recovers(website: MakeWebsite) -> None:
            shop = website("Welcome to the shop")
            shop.answers(503)
            assert requests.get(shop.url, timeout=5).status_code == 503
            shop.recovers()
            assert "Welcome" in requests.get(shop.url, timeout=5).text
    """

    @property
    def url(self) -> str:
        """The page's URL for functions."""

    def answers(self, status: int) -> None:
        """Answer every request with an HTTP status instead of the page.

        Raises
        ------
        ValueError
            If it is not the status of a final response (200 to 599).
        """

    def down(self) -> None:
        """Refuse connections (on AWS: answer every request with status 502)."""

    def slow(self, seconds: float) -> None:
        """Delay every answer by a number of seconds (on AWS: by at most 29)."""

    def recovers(self) -> None:
        """Show the page again, without a delay."""

    def close(self) -> None:
        """Stop serving. The fixture ``website`` does that after the test."""


class MakeWebsite(Protocol):
    """The fixture ``website``, which opens websites for one test.

    Examples
    --------
    ::

        import requests

        from testbed import MakeWebsite


        def test_json_page(website: MakeWebsite) -> None:
            prices = website('{"tea": 3}', "application/json")
            assert requests.get(prices.url, timeout=5).json() == {"tea": 3}
    """

    def __call__(self, body: str = "All is well", content_type: str = "text/html") -> Website:
        """Open a website with one page, which is closed after the test.

        Parameters
        ----------
        body
            The page's content.
        content_type
            Its media type.
        """
