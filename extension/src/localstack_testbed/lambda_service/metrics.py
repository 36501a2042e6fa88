"""The CloudWatch metrics of functions, sent once a second.

LocalStack knows two, ``Invocations`` and ``Errors``, and sends itself a request for each, which
costs more than the invocation. Here each invocation is pending, and what a second brought is sent
as one request. The metrics, and what counts for them:
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
Their dimensions and time: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from localstack_testbed.hooks.patching import replace
from localstack_testbed.hooks.shared_patches import INVOKE_VERSION, TAKE_INVOCATION_LEASE
from localstack_testbed.lambda_service.metric_batching import Dimensions, Metric, MetricBatcher

_batcher = MetricBatcher("AWS/Lambda")

# The end of an invocation's log, which holds its report.
REPORT_LENGTH = 1000
REPORTED_DURATION = re.compile(r'(?:\tDuration: |"durationMs": ?)([\d.]+)')

UNITS = {"Duration": "Milliseconds", "AsyncEventAge": "Milliseconds"}


@dataclass(frozen=True)
class Target:
    """What a caller invoked: a function, or one of its versions or aliases.

    ``executed_version`` is given for an alias only.
    """

    account: str
    region: str
    function: str
    qualifier: str | None = None
    executed_version: str | None = None

    def dimensions(self) -> Iterator[Dimensions]:
        """Give the dimensions of all metrics that a value of this target counts for."""
        yield ()
        yield ((function := ("FunctionName", self.function)),)
        resource = f"{self.function}:{self.qualifier}" if self.qualifier else self.function
        yield function, ("Resource", resource)
        if self.executed_version:
            version = ("ExecutedVersion", self.executed_version)
            yield version, function, ("Resource", resource)


def record_metrics(target: Target, moment: float, values: Callable[[], dict[str, float]]) -> None:
    """Note values by the names of their metrics, caused at a moment (seconds since 1970)."""

    def expanded() -> Iterator[tuple[Metric, float]]:
        named = values()
        for dimensions in target.dimensions():
            for name, value in named.items():
                yield _metric(target, name, dimensions, moment), value

    _batcher.add(expanded)


def target_of(version_id: Any, invoked_arn: str) -> Target:
    """Return what was invoked by an ARN, which may have a qualifier, and led to a version."""
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
    """Note the metrics of each invocation in place of those that LocalStack sends."""
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
        report = (result.logs or "")[-REPORT_LENGTH:]
        record_metrics(
            target,
            started,
            lambda: {
                "Invocations": 1,
                "Errors": int(failed),
                "Throttles": 0,
                "Duration": _reported_duration(report, elapsed),
            },
        )
        return result

    # LocalStack starts a thread for each invocation in order to send the two metrics it knows.
    def start_other_thread(method: Any, *args: Any, **kwargs: Any) -> Any:
        if str(kwargs.get("name")).startswith("record-cloudwatch-metric"):
            return None
        return start_thread(method, *args, **kwargs)

    start_thread = replace(version_manager, "start_thread", start_other_thread)


def _reported_duration(report: str, otherwise: float) -> float:
    """Return the milliseconds in the report of an invocation, which the log may be without."""
    found = REPORTED_DURATION.findall(report)
    return float(found[-1]) if found else otherwise


class _RunningInvocations:
    """How many invocations run at the moment: of a function, and in an account and region."""

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
