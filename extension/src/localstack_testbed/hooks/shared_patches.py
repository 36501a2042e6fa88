"""Methods of LocalStack that several modules wrap: each is patched here, once."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import patch

type Wrapper = Callable[..., Any]


class SharedPatch:
    """One patch of a method, for any number of wrappers.

    Parameters
    ----------
    module
        The module of LocalStack, which is patched when LocalStack imports it.
    name
        The class and its method, such as ``Class.method``.
    """

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self._class, _, self._method = name.partition(".")
        self._wrappers: list[Wrapper] = []

    def wrap(self, wrapper: Wrapper) -> Wrapper:
        """Call a function in place of the method, and of the wrappers that came before.

        Its first argument is what it replaces.
        """
        if not self._wrappers:
            on_import(self._module, self._apply)
        self._wrappers.append(wrapper)
        return wrapper

    def _apply(self) -> None:
        owner = getattr(sys.modules[self._module], self._class)

        @patch(getattr(owner, self._method))
        def call(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
            for wrapper in self._wrappers:
                original = partial(wrapper, original)
            return original(*args, **kwargs)


_LAMBDA = "localstack.services.lambda_"
_MAPPINGS = f"{_LAMBDA}.event_source_mapping"
_QUEUES = "localstack.services.sqs.models"

CREATE_GATEWAY = SharedPatch("localstack.aws.app", "LocalstackAwsGateway.__init__")

INVOKE_VERSION = SharedPatch(f"{_LAMBDA}.invocation.version_manager", "LambdaVersionManager.invoke")
INVOKE_ENVIRONMENT = SharedPatch(
    f"{_LAMBDA}.invocation.execution_environment", "ExecutionEnvironment.invoke"
)
TAKE_INVOCATION_LEASE = SharedPatch(
    f"{_LAMBDA}.invocation.counting_service", "CountingService.get_invocation_lease"
)
CALL_FUNCTION_URL = SharedPatch(
    f"{_LAMBDA}.urlrouter", "FunctionUrlRouter.handle_lambda_url_invocation"
)
RUN_POLLER = SharedPatch(f"{_MAPPINGS}.esm_worker", "EsmWorker.poller_loop")
POLL_QUEUE = SharedPatch(f"{_MAPPINGS}.pollers.sqs_poller", "SqsPoller.poll_events")

RECEIVE_MESSAGES = SharedPatch(_QUEUES, "StandardQueue.receive")
PUT_MESSAGE = SharedPatch(_QUEUES, "StandardQueue._put_message")
