"""Requests in progress: counted until they are answered, and held while a reset runs.

Only requests of clients are held. Those of functions and of LocalStack's own services belong to
work in progress. The emulator's own endpoints are neither counted nor held, and a client that waits
for a message of a queue does not count either.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.shared_patches import CREATE_GATEWAY
from localstack_testbed.requests.callers import EnvironmentCredentials
from localstack_testbed.timing.activity import Activity

_CONTROL = ("/_localstack/", "/_testbed/", "/_aws/")
_APIS = "/_aws/execute-api/"
_COUNTED = "testbed_counted"


class Traffic:
    """The request handlers that count and hold requests."""

    def __init__(self, activity: Activity, environments: EnvironmentCredentials) -> None:
        self._activity = activity
        self._environments = environments

    def enter(self, chain: Any, context: Any, response: Any) -> None:
        """Count a request; hold it first, if it is a client's and a reset runs."""
        path = context.request.path
        if path.startswith(_CONTROL) and not path.startswith(_APIS):
            return
        if self._is_from_inside(context.request.headers):
            self._activity.add()
        else:
            self._activity.begin()
        setattr(context, _COUNTED, True)

    def exempt_receivers(self, chain: Any, context: Any, response: Any) -> None:
        """Do not count a request that may wait for messages."""
        operation = context.operation
        if operation is not None and operation.name == "ReceiveMessage":
            self._leave(context)

    def leave(self, chain: Any, context: Any, response: Any) -> None:
        """Count a request no longer: its response is complete."""
        self._leave(context)

    def _leave(self, context: Any) -> None:
        if context.get(_COUNTED):
            setattr(context, _COUNTED, False)
            self._activity.done()

    def _is_from_inside(self, headers: Any) -> bool:
        from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER

        return (
            INTERNAL_REQUEST_PARAMS_HEADER in headers
            or self._environments.signer(headers) is not None
        )


def watch_traffic(traffic: Traffic) -> None:
    """Put the handlers into LocalStack's chain: the first one before all others."""
    from localstack.aws import handlers

    @CREATE_GATEWAY.wrap
    def create_gateway(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.request_handlers.insert(0, traffic.enter)
        self.finalizers.append(traffic.leave)

    handlers.serve_custom_service_request_handlers.handlers.insert(0, traffic.exempt_receivers)
