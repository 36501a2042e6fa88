"""Requests that are refused as a whole, before a service sees them."""

from typing import Any

from localstack_testbed.limits.events import check_size
from localstack_testbed.limits.model import check_limits

# What deployments say of functions, their queues, and rules. They come by CloudFormation, too.
_CHECKED_BY_MODEL = {
    ("lambda", "CreateFunction"),
    ("lambda", "UpdateFunctionConfiguration"),
    ("lambda", "PutFunctionEventInvokeConfig"),
    ("lambda", "CreateEventSourceMapping"),
    ("lambda", "UpdateEventSourceMapping"),
    ("events", "PutRule"),
    ("events", "PutTargets"),
}


def refuse_what_is_out_of_limits(chain: Any, context: Any, response: Any) -> None:
    """A request handler: it raises what AWS answers to requests that are out of limits."""
    if not context.operation:
        return
    operation = context.service.service_name, context.operation.name
    if operation in _CHECKED_BY_MODEL:
        check_limits(context.service_request or {}, context.operation.input_shape)
    elif operation == ("events", "PutEvents"):
        check_size((context.service_request or {}).get("Entries") or [])
