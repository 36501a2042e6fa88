"""Failures of initializations and invocations, and the responses that callers get."""

import json
from dataclasses import dataclass

from localstack_testbed.lambda_executor.platform_log import FailureStatus
from localstack_testbed.lambda_executor.runtime_api import (
    Failed,
    InitializationFailed,
    Ready,
    ResponseTooLarge,
    Succeeded,
    too_large,
)
from localstack_testbed.lambda_executor.runtime_process import (
    Exited,
    OutOfMemory,
    ProcessEvent,
    Stopped,
    TimedOut,
    TooManyProcesses,
)
from localstack_testbed.lambda_executor.supervisor_client import describe_exit


@dataclass(frozen=True)
class InvocationFailure:
    """A failure with AWS's error type.

    ``payload`` is the error that the runtime reported, if it did. With ``resets``, the process has
    to be replaced. With ``logged``, the Lambda service writes the message to the function's log.
    """

    error_type: str
    message: str = ""
    payload: bytes | None = None
    resets: bool = True
    logged: bool = False

    @property
    def timed_out(self) -> bool:
        return self.error_type == "Sandbox.Timedout"

    @property
    def failure(self) -> FailureStatus | None:
        """Its status in the REPORT line; None for an exception that the runtime handled."""
        if self.timed_out:
            return FailureStatus("timeout")
        return FailureStatus("error", self.error_type) if self.resets else None

    def response(self, request_id: str) -> bytes:
        if self.payload is not None:
            return self.payload
        message = self.message
        if self.logged or self.timed_out:
            message = f"RequestId: {request_id} Error: {message}"
        return json.dumps({"errorType": self.error_type, "errorMessage": message}).encode()


def failure_of(event: ProcessEvent, timeout: float) -> InvocationFailure:
    """Return the failure for an event other than the expected one."""
    match event:
        case Failed(payload, error_type):
            return InvocationFailure(error_type, payload=payload, resets=False)
        case InitializationFailed(payload, error_type):
            return InvocationFailure(error_type, payload=payload)
        case ResponseTooLarge(size):
            return InvocationFailure("Function.ResponseSizeTooLarge", too_large(size))
        case TimedOut():
            return InvocationFailure(
                "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds"
            )
        case OutOfMemory():
            message = "Runtime exited with error: signal: killed"
            return InvocationFailure("Runtime.OutOfMemory", message, logged=True)
        case TooManyProcesses():
            message = "Runtime exited with error: signal: killed"
            return InvocationFailure("Runtime.ExitError", message, logged=True)
        case Exited(status) if description := describe_exit(status):
            message = f"Runtime exited with error: {description}"
            return InvocationFailure("Runtime.ExitError", message, logged=True)
        case Exited():
            message = "Runtime exited without providing a reason"
            return InvocationFailure("Runtime.ExitError", message, logged=True)
        case Stopped():
            return InvocationFailure(
                "Runtime.ExitError", "The environment was stopped", logged=True
            )
        case Ready() | Succeeded():
            return InvocationFailure(
                "Runtime.Unknown", "The runtime did not answer in order", logged=True
            )
