"""Reuse of the clients that LocalStack makes for itself.

For each function version, dead-letter queue and event source mapping LocalStack assumes a role
again and makes a client with the new credentials, which takes a megabyte that is never freed. Here
the credentials of a role are used until shortly before they expire, as AWS's services do, and equal
configurations count as one: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html

Its clients of Lambda wait for the result of an invocation as long as the function runs. With the
default limit of 60 seconds, API Gateway would invoke a function again that is being debugged.

LocalStack also makes a client for each response of GetFunction, to sign the URL of the code. That
takes longer than the rest of the call, and clients that wait for a function make many.
"""

import threading
import time
from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from localstack.aws.connect import ClientFactory

from localstack_testbed.hooks.patching import patch, replace

# Credentials are valid for an hour.
LIFETIME_SECONDS = 50 * 60.0
# Longer than any invocation; the function's timeout ends it.
INVOCATION_SECONDS = 24 * 60 * 60


def reuse_clients() -> None:
    """Reuse assumed roles, and clients with equal configurations."""
    lock = threading.Lock()
    factories: dict[Any, tuple[float, Any]] = {}
    configurations: dict[str, Any] = {}

    @patch(ClientFactory.with_assumed_role)
    def with_assumed_role(original: Callable[..., Any], self: Any, **arguments: Any) -> Any:
        options = _content(arguments.get("config"))
        others = sorted((name, str(each)) for name, each in arguments.items() if name != "config")
        key = (id(self), tuple(others), options)
        with lock:
            end, factory = factories.get(key, (0.0, None))
        if time.monotonic() >= end:
            factory = original(self, **arguments)
            with lock:
                factories[key] = (time.monotonic() + LIFETIME_SECONDS, factory)
        return factory

    cached_get_client: Any = ClientFactory._get_client

    def get_client(self: Any, *, config: Any, **arguments: Any) -> Any:
        if arguments.get("service_name") == "lambda":
            config = config.merge(Config(read_timeout=INVOCATION_SECONDS))
        with lock:
            config = configurations.setdefault(_content(config), config)
        return cached_get_client(self, config=config, **arguments)

    replace(ClientFactory, "_get_client", get_client)


def patch_lambda_models() -> None:
    """Use one client for all signed URLs of code."""
    from localstack.services.lambda_.invocation import lambda_models

    # The module uses nothing else of boto3.
    replace(lambda_models, "boto3", SimpleNamespace(client=cache(boto3.client)))


def _content(config: Any) -> str:
    return "" if config is None else repr(sorted(config._user_provided_options.items()))
