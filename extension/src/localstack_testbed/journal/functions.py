"""Journal entries of invocations, with the figures of their REPORT lines."""

import json
import time
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.shared_patches import INVOKE_ENVIRONMENT, INVOKE_VERSION
from localstack_testbed.journal.causes import causes_of_event, trace_root
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.journal.report_lines import parse_report


def current_invocation(environment: Any) -> str | None:
    """Return the request id of the current or last invocation of an execution environment."""
    return getattr(environment, "testbed_invocation", None)


def patch_environments() -> None:
    """Remember the current invocation of each execution environment."""

    @INVOKE_ENVIRONMENT.wrap
    def invoke(original: Callable[[Any, Any], Any], self: Any, invocation: Any) -> Any:
        self.testbed_invocation = invocation.request_id
        return original(self, invocation)


def patch_invocations() -> None:
    """Add an entry for each invocation, also if the function could not run."""

    @INVOKE_VERSION.wrap
    def invoke(original: Callable[..., Any], self: Any, *, invocation: Any) -> Any:
        moment = time.time()
        outcome: dict[str, Any]
        try:
            result = original(self, invocation=invocation)
        except Exception as error:
            code = getattr(error, "code", None) or type(error).__name__
            status = "throttled" if code == "TooManyRequestsException" else "failed"
            outcome = {"status": status, "error": code, "message": str(error)}
            raise
        else:
            outcome = _outcome(result)
            return result
        finally:
            version = self.function_version.id
            record(
                "invocation",
                moment,
                id=invocation.request_id,
                causes=[invocation.request_id, *causes_of_event(invocation.payload)],
                trace=trace_root(invocation.trace_context.get("aws_trace_header")),
                resource=version.function_name,
                version=version.qualifier,
                account=version.account,
                region=version.region,
                ms=milliseconds_since(moment),
                **outcome,
            )


def _outcome(result: Any) -> dict[str, Any]:
    """Return the status of an invocation, and the figures of its REPORT line."""
    outcome: dict[str, Any] = {"status": "success", "report": parse_report(result.logs)}
    if result.is_error:
        outcome["status"] = "error"
        try:
            failure = json.loads(result.payload or b"null")
        except (ValueError, RecursionError):
            failure = None
        if isinstance(failure, dict):
            outcome["error"] = failure.get("errorType")
            outcome["message"] = failure.get("errorMessage")
    return outcome
