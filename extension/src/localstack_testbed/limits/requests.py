"""The request handler that validates requests before LocalStack's services handle them."""

from typing import Any

from localstack_testbed.limits.events import check_size
from localstack_testbed.limits.functions import check_package
from localstack_testbed.limits.model import check_limits

# Operations of deployments; CloudFormation calls them as well.
_CHECKED_BY_MODEL = {
    ("lambda", "CreateFunction"),
    ("lambda", "UpdateFunctionConfiguration"),
    ("lambda", "PutFunctionEventInvokeConfig"),
    ("lambda", "CreateEventSourceMapping"),
    ("lambda", "UpdateEventSourceMapping"),
    ("events", "PutRule"),
    ("events", "PutTargets"),
}


def check_request_limits(chain: Any, context: Any, response: Any) -> None:
    """Raise AWS's validation error if a request violates a limit."""
    if not context.operation:
        return
    operation = context.service.service_name, context.operation.name
    if operation in _CHECKED_BY_MODEL:
        check_limits(context.service_request or {}, context.operation.input_shape)
        if operation == ("lambda", "CreateFunction"):
            check_package(context.service_request or {})
    elif operation == ("events", "PutEvents"):
        check_size((context.service_request or {}).get("Entries") or [])
