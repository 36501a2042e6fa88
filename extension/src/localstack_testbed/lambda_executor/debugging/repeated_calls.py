"""Repeated Invoke calls of a debugged function, which get the result of the first one.

A client that waits for the result of an invocation has a time limit, for example 60 seconds in
boto3, and then calls again, while the function may be stopped at a breakpoint. All AWS SDKs send
the same id with each attempt:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

HEADER = "amz-sdk-invocation-id"
# A client calls again at most twenty seconds after its limit has passed.
KEPT_CALLS = 100


class RepeatedCalls:
    """The results of calls by their id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: OrderedDict[str, Future[Any]] = OrderedDict()

    def once(self, identity: str | None, call: Callable[[], Any]) -> Any:
        """Make a call, or wait for the result of an earlier one with the same id."""
        if not identity:
            return call()
        with self._lock:
            known = self._calls.get(identity)
            if known is None:
                own: Future[Any] = Future()
                self._calls[identity] = own
                while len(self._calls) > KEPT_CALLS:
                    self._calls.popitem(last=False)
        if known is not None:
            return known.result()
        try:
            result = call()
        except BaseException as error:
            # The client may call again after an error, such as a throttled call.
            with self._lock:
                self._calls.pop(identity, None)
            own.set_exception(error)
            raise
        own.set_result(result)
        return result
