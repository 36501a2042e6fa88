"""Requests to a service that LocalStack is just loading wait until it has all operations.

LocalStack notes that a service is loaded before it registers the service's operations. A request
that comes in between, such as that for the second of two roles that a stack creates at the same
time, would be answered with "no handler for operation".
"""

from collections.abc import Callable
from typing import Any


def await_loading() -> None:
    """Let requests wait for the thread that loads their service."""
    from localstack.aws.handlers.service_plugin import ServiceLoader

    from localstack_testbed.hooks.patching import patch

    patch(ServiceLoader.require_service)(require_service)


def require_service(
    original: Callable[..., None], self: Any, chain: Any, context: Any, response: Any
) -> None:
    """Load a request's service, or wait for the thread that does."""
    original(self, chain, context, response)
    if context.service:
        # That thread has the lock until the operations are registered.
        with self.service_locks[context.service.service_name]:
            pass
