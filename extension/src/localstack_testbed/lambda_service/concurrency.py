"""Two fixes of how LocalStack reports the concurrency of functions.

- ``GetFunction`` omits a reserved concurrency of 0. On AWS the response contains it:
  https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
- The ``Reason`` of ``TooManyRequestsException`` is the function's concurrency even if the account's
  was exceeded. AWS distinguishes them: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.shared_patches import TAKE_INVOCATION_LEASE


def patch_leases() -> None:
    """Correct the reason of throttled calls."""
    from localstack.aws.api.lambda_ import ThrottleReason, TooManyRequestsException

    @TAKE_INVOCATION_LEASE.wrap
    @contextmanager
    def get_invocation_lease(
        original: Callable[..., AbstractContextManager[Any]],
        self: Any,
        function: Any,
        *args: Any,
    ) -> Iterator[Any]:
        with ExitStack() as stack:
            try:
                kind = stack.enter_context(original(self, function, *args))
            except TooManyRequestsException as error:
                if function is None or function.reserved_concurrent_executions is None:
                    error.Reason = ThrottleReason.ConcurrentInvocationLimitExceeded
                raise
            yield kind


def patch_provider() -> None:
    """Add a reserved concurrency of 0 to the response of ``GetFunction``."""
    from localstack.services.lambda_.provider import LambdaProvider

    @patch(LambdaProvider.get_function)
    def get_function(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        function_name: str,
        *args: Any,
        **kw: Any,
    ) -> Any:
        response = original(self, context, function_name, *args, **kw)
        concurrency = self.get_function_concurrency(context, function_name)
        if concurrency["ReservedConcurrentExecutions"] == 0:
            response["Concurrency"] = concurrency
        return response
