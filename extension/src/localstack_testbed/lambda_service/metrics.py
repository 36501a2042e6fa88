"""The CloudWatch metrics of Lambda functions.

LocalStack supports only ``Invocations`` and ``Errors``, and sends itself a request for each value,
which takes longer than the invocation. Here values are sent once a second in one request. Metrics:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
Dimensions and time: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from localstack_testbed.hooks.patching import replace
from localstack_testbed.hooks.shared_patches import INVOKE_VERSION, TAKE_INVOCATION_LEASE
from localstack_testbed.journal.report_lines import parse_report
from localstack_testbed.lambda_service.metric_batching import Dimensions, Metric, MetricBatcher

_batcher = MetricBatcher("AWS/Lambda")

UNITS = {"Duration": "Milliseconds", "AsyncEventAge": "Milliseconds"}


def discard_metrics() -> None:
    """Do not send the values that have not been sent yet."""
    _batcher.discard()


@dataclass(frozen=True)
class Target:
    """The function, version or alias that a caller invoked.

    ``executed_version`` is set for aliases only.
    """

    account: str
    region: str
    function: str
    qualifier: str | None = None
    executed_version: str | None = None

    def dimensions(self) -> Iterator[Dimensions]:
        """Yield the dimensions of all metrics to which a value of this target is added."""
        yield ()
        yield ((function := ("FunctionName", self.function)),)
        resource = f"{self.function}:{self.qualifier}" if self.qualifier else self.function
        yield function, ("Resource", resource)
        if self.executed_version:
            version = ("ExecutedVersion", self.executed_version)
            yield version, function, ("Resource", resource)


def record_metrics(target: Target, moment: float, values: Callable[[], dict[str, float]]) -> None:
    """Record values by metric name, for a moment in seconds since the epoch."""

    def expanded() -> Iterator[tuple[Metric, float]]:
        named = values()
        for dimensions in target.dimensions():
            for name, value in named.items():
                yield _metric(target, name, dimensions, moment), value

    _batcher.add(expanded)


def target_of(version_id: Any, invoked_arn: str) -> Target:
    """Return the target of an invoked ARN, given the function version that it resolved to."""
    qualifier = invoked_arn.split(":", 7)[7] if invoked_arn.count(":") >= 7 else None
    is_alias = qualifier not in (None, version_id.qualifier)
    return Target(
        account=version_id.account,
        region=version_id.region,
        function=version_id.function_name,
        qualifier=qualifier,
        executed_version=version_id.qualifier if is_alias else None,
    )


def patch_leases() -> None:
    """Count concurrent executions."""
    executions = _RunningInvocations()

    @TAKE_INVOCATION_LEASE.wrap
    @contextmanager
    def get_invocation_lease(
        original: Callable[..., AbstractContextManager[Any]],
        self: Any,
        function: Any,
        function_version: Any,
        *args: Any,
    ) -> Iterator[Any]:
        lease = original(self, function, function_version, *args)
        with lease as kind, executions.counted(function_version.id):
            yield kind


def patch_invocations() -> None:
    """Record the metrics of each invocation, instead of those that LocalStack sends."""
    from localstack.aws.api.lambda_ import TooManyRequestsException
    from localstack.services.lambda_.invocation import version_manager

    @INVOKE_VERSION.wrap
    def invoke(original: Callable[..., Any], self: Any, *, invocation: Any) -> Any:
        target = target_of(self.function_version.id, invocation.invoked_arn)
        started = time.time()
        try:
            result = original(self, invocation=invocation)
        except TooManyRequestsException:
            record_metrics(target, started, lambda: {"Throttles": 1})
            raise
        elapsed = (time.time() - started) * 1000
        failed = bool(result.is_error)
        log = result.logs
        record_metrics(
            target,
            started,
            lambda: {
                "Invocations": 1,
                "Errors": int(failed),
                "Throttles": 0,
                "Duration": parse_report(log).get("duration_ms", elapsed),
            },
        )
        return result

    # LocalStack starts a thread for each invocation to send its two metrics.
    def start_other_thread(method: Any, *args: Any, **kwargs: Any) -> Any:
        if str(kwargs.get("name")).startswith("record-cloudwatch-metric"):
            return None
        return start_thread(method, *args, **kwargs)

    start_thread = replace(version_manager, "start_thread", start_other_thread)


class _RunningInvocations:
    """Counts running invocations, per function and per account and region."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[tuple[str, ...]] = Counter()

    @contextmanager
    def counted(self, version_id: Any) -> Iterator[None]:
        target = Target(version_id.account, version_id.region, version_id.function_name)
        scopes = ((), (target.function,))
        keys = [(target.account, target.region, *scope) for scope in scopes]
        with self._lock:
            self._running.update(keys)
            numbers = [self._running[key] for key in keys]
        moment = time.time()

        def values() -> Iterator[tuple[Metric, float]]:
            for scope, number in zip(scopes, numbers, strict=True):
                dimensions = tuple(("FunctionName", name) for name in scope)
                yield _metric(target, "ConcurrentExecutions", dimensions, moment), number

        _batcher.add(values)
        try:
            yield
        finally:
            with self._lock:
                self._running.subtract(keys)


def _metric(target: Target, name: str, dimensions: Dimensions, moment: float) -> Metric:
    unit = UNITS.get(name, "Count")
    return Metric(target.account, target.region, name, unit, dimensions, int(moment))
