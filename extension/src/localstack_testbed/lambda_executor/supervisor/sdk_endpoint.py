"""A patch of the AWS SDK for Python that makes functions call ``AWS_ENDPOINT_URL`` instead of AWS.

The variable alone is not enough: SDKs before July 2023 (botocore 1.31) ignore it, newer ones ignore
it with ``AWS_IGNORE_CONFIGURED_ENDPOINT_URLS``, and an endpoint in the code, such as
``https://sts.us-east-1.amazonaws.com``, overrides it.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html

One method creates all clients of boto3, botocore, the AWS CLI and aiobotocore. Clients that it
creates for an AWS endpoint are created again for ``AWS_ENDPOINT_URL``.
"""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from localstack_testbed.hooks.on_import import on_import

# The DNS suffixes in botocore/data/partitions.json that exist in the public DNS.
_AWS = re.compile(
    r"(.*\.)?(amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|api\.aws"
    r"|api\.amazonwebservices\.com\.cn|api\.amazonwebservices\.eu)\.?"
)

_redirected: list[str] = []


def redirect_clients(endpoint_url: str) -> None:
    """Make clients that are created from now on call ``endpoint_url`` instead of AWS."""
    if _redirected:
        return  # sitecustomize has already done so
    _redirected.append(endpoint_url)
    on_import("botocore.session", lambda: _patch("botocore.session", "Session", endpoint_url))
    on_import(
        "aiobotocore.session", lambda: _patch("aiobotocore.session", "AioSession", endpoint_url)
    )


def _patch(module: str, name: str, endpoint_url: str) -> None:
    session = getattr(sys.modules[module], name)
    if method := vars(session).get("_create_client"):  # of aiobotocore, a coroutine
        session._create_client = _wrap_coroutine(method, endpoint_url)
    else:
        session.create_client = _wrap(session.create_client, endpoint_url)


def _wrap(create: Callable[..., Any], endpoint_url: str) -> Callable[..., Any]:
    @functools.wraps(create)
    def create_client(*args: Any, **kwargs: Any) -> Any:
        client = create(*args, **kwargs)
        if not _is_at_aws(client):
            return client
        arguments = _arguments_with_endpoint(create, args, kwargs, endpoint_url)
        return create(*arguments.args, **arguments.kwargs)

    return create_client


def _wrap_coroutine(create: Callable[..., Any], endpoint_url: str) -> Callable[..., Any]:
    @functools.wraps(create)
    async def create_client(*args: Any, **kwargs: Any) -> Any:
        client = await create(*args, **kwargs)
        if not _is_at_aws(client):
            return client
        arguments = _arguments_with_endpoint(create, args, kwargs, endpoint_url)
        return await create(*arguments.args, **arguments.kwargs)

    return create_client


def _is_at_aws(client: Any) -> bool:
    return _AWS.fullmatch(urlsplit(client.meta.endpoint_url).hostname or "") is not None


def _arguments_with_endpoint(
    create: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], endpoint_url: str
) -> inspect.BoundArguments:
    arguments = inspect.signature(create).bind(*args, **kwargs)
    arguments.arguments["endpoint_url"] = endpoint_url
    return arguments
