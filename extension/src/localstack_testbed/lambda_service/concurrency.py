"""Concurrency of functions: what LocalStack says of it.

- A function with a reserved concurrency of 0 has it in the answer of ``GetFunction``:
  https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
- A call that is throttled by the account's concurrency has another ``Reason`` than one that is
  throttled by the function's:
  https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html (``TooManyRequestsException``)

Setting: ``TESTBED_LAMBDA_CONCURRENCY`` (``0`` switches the module off).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start, patch
from localstack_testbed.hooks.settings import switch


@on_infra_start(should_load=switch("TESTBED_LAMBDA_CONCURRENCY"))
def tell_concurrency() -> None:
    """Patch what counts invocations and what answers requests, when LocalStack loads it."""
    on_import("localstack.services.lambda_.invocation.counting_service", _patch_counting)
    on_import("localstack.services.lambda_.provider", _patch_answers)


def _patch_counting() -> None:
    from localstack.aws.api.lambda_ import ThrottleReason, TooManyRequestsException
    from localstack.services.lambda_.invocation.counting_service import CountingService

    @patch(CountingService.get_invocation_lease)
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


def _patch_answers() -> None:
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
