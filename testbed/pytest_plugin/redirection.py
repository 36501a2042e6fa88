"""Redirection of the code under test from AWS to the running emulator.

Handlers often create their clients when they are imported, before the emulator runs. So there are
three parts: credentials of the emulator for the whole test run; the variable AWS_ENDPOINT_URL
during tests that use the testbed; and for clients that were made earlier, the same address when
they send a request. Tests that do not use the testbed can use a mock of AWS.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

from testbed.aws.clients import conflicting_variables, environment_variables
from testbed.project.project import DEFAULT_REGION

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
# https://docs.aws.amazon.com/general/latest/gr/s3.html (dual-stack, FIPS, accelerated endpoints)
_BUCKET_NAME = re.compile(
    r"(?P<bucket>.+)\.s3(?:-accelerate|-fips|-external-1)?(?:\.dualstack)?"
    r"(?:[.-][a-z]+(?:-[a-z]+)+-\d+)?"
)


class Redirection:
    """The redirection of a test run."""

    def __init__(self) -> None:
        self._endpoint_url = ""
        self._variables: Mapping[str, str | None] = {}
        self._restore: list[Callable[[], None]] = []

    def use_credentials(self) -> None:
        """Replace the user's credentials by the emulator's, until :meth:`end`.

        No request can then change anything in an account of the user.
        """
        wanted: dict[str, str | None] = dict(environment_variables("", DEFAULT_REGION))
        wanted["AWS_ENDPOINT_URL"] = None  # tests that use the testbed set it
        for name in ("AWS_DEFAULT_REGION", "AWS_REGION"):  # the project may have chosen one
            wanted[name] = os.environ.get(name, wanted[name])
        wanted |= dict.fromkeys(conflicting_variables())
        self._restore.append(_set(wanted))

    def end(self) -> None:
        """Restore the user's environment variables."""
        while self._restore:
            self._restore.pop()()

    def start(self, endpoint_url: str, region: str) -> None:
        """Redirect to an emulator that was started, in the current test and in later ones."""
        self._endpoint_url = endpoint_url
        self._variables = environment_variables(endpoint_url, region)
        self._restore.append(_set(self._variables))
        self._restore.append(_redirect_clients(endpoint_url))

    @contextmanager
    def during(self, test_uses_testbed: bool) -> Iterator[None]:
        """Redirect during a test if it uses the testbed."""
        before = len(self._restore)
        if test_uses_testbed and self._endpoint_url:
            self.start(self._endpoint_url, str(self._variables["AWS_REGION"]))
        try:
            yield
        finally:
            while len(self._restore) > before:
                self._restore.pop()()


def _set(variables: Mapping[str, str | None]) -> Callable[[], None]:
    """Set or remove environment variables; return a function that restores them."""
    before = {name: os.environ.get(name) for name in variables}

    def apply(values: Mapping[str, str | None]) -> None:
        for name, value in values.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    apply(variables)
    return lambda: apply(before)


def _redirect_clients(endpoint_url: str) -> Callable[[], None]:
    """Send the requests of all clients for AWS to an endpoint; return a function that ends it."""
    from botocore.httpsession import URLLib3Session

    sender: Any = URLLib3Session
    send = sender.send

    def redirected(session: URLLib3Session, request: Any) -> Any:
        request.url = redirected_url(request.url, endpoint_url)
        if urlsplit(request.url).netloc == urlsplit(endpoint_url).netloc:
            session = _without_proxies(session)
        return send(session, request)

    sender.send = redirected

    def restore() -> None:
        sender.send = send

    return restore


def _without_proxies(session: Any) -> Any:
    """Return a session with the same connections that uses no proxy of the environment."""
    from botocore.httpsession import ProxyConfiguration

    direct = copy(session)
    direct._proxy_config = ProxyConfiguration()
    return direct


@cache
def _aws_domains() -> tuple[str, ...]:
    """Return the domains of all partitions of AWS, with a leading dot.

    https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
    """
    from botocore.loaders import Loader

    partitions: Any = Loader().load_data("partitions")
    return tuple(
        f".{partition['outputs'][kind]}"
        for partition in partitions["partitions"]
        for kind in ("dnsSuffix", "dualStackDnsSuffix")
    )


def redirected_url(url: str, endpoint_url: str) -> str:
    """Return the URL in an emulator for a URL of AWS; other URLs stay as they are.

    Examples
    --------
    >>> redirected_url("https://shop.s3.eu-west-1.amazonaws.com/a?b=c", "http://127.0.0.1:4566")
    'http://127.0.0.1:4566/shop/a?b=c'
    >>> redirected_url("https://example.com/", "http://127.0.0.1:4566")
    'https://example.com/'
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    domain = next((each for each in _aws_domains() if host.endswith(each)), None)
    if domain is None:
        return url
    bucket = _BUCKET_NAME.fullmatch(host.removesuffix(domain))
    path = f"/{bucket['bucket']}{parts.path}" if bucket else parts.path
    endpoint = urlsplit(endpoint_url)
    return urlunsplit(SplitResult(endpoint.scheme, endpoint.netloc, path, parts.query, ""))
