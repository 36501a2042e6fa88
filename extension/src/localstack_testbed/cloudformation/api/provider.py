"""The provider: which function answers which operation.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Operations.html
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.spec import load_service
from localstack.state import StateVisitor

from localstack_testbed.cloudformation.api import (
    change_sets,
    constraints,
    exports,
    operations,
    queries,
    templates,
)
from localstack_testbed.cloudformation.api.descriptions import Description
from localstack_testbed.cloudformation.api.places import Place
from localstack_testbed.cloudformation.errors import InvalidRequestError, ValidationError
from localstack_testbed.cloudformation.store import STORES

SERVICE = "cloudformation"

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""https://www.w3.org/TR/xml/#charsets"""

_TOO_DEEP = "Template format error: the template is nested too deeply"

type Operation = Callable[[Place, Mapping[str, Any]], Description]

OPERATIONS: Final[Mapping[str, Operation]] = {
    "CancelUpdateStack": operations.cancel_update,
    "ContinueUpdateRollback": operations.continue_rollback,
    "CreateChangeSet": change_sets.create,
    "CreateStack": operations.create_stack,
    "DeleteChangeSet": change_sets.delete,
    "DeleteStack": operations.delete_stack,
    "DescribeAccountLimits": queries.describe_account_limits,
    "DescribeChangeSet": change_sets.describe,
    "DescribeEvents": queries.describe_events,
    "DescribeStackEvents": queries.describe_stack_events,
    "DescribeStackResource": queries.describe_stack_resource,
    "DescribeStackResources": queries.describe_stack_resources,
    "DescribeStacks": queries.describe_stacks,
    "ExecuteChangeSet": change_sets.execute,
    "GetStackPolicy": operations.get_stack_policy,
    "GetTemplate": templates.get,
    "GetTemplateSummary": templates.summarize,
    "ListChangeSets": change_sets.list_all,
    "ListExports": exports.list_exports,
    "ListHookResults": queries.list_hook_results,
    "ListImports": exports.list_imports,
    "ListStackResources": queries.list_stack_resources,
    "ListStacks": queries.list_stacks,
    "RollbackStack": operations.roll_back,
    "SetStackPolicy": operations.set_stack_policy,
    "UpdateStack": operations.update_stack,
    "UpdateTerminationProtection": operations.update_termination_protection,
    "ValidateTemplate": templates.validate,
}


class Provider:
    """What LocalStack knows of the service."""

    service = SERVICE

    def accept_state_visitor(self, visitor: StateVisitor) -> None:
        """Have the stacks reset, which is what LocalStack does with a service's state."""
        visitor.visit(STORES)


def dispatch_table(provider: object) -> dict[str, Callable[..., Any]]:
    """Return what answers each operation of the API's model."""
    service = load_service(SERVICE)
    return {
        name: partial(_answer, OPERATIONS[name], service.operation_model(name).input_shape)
        if name in OPERATIONS
        else partial(_reject, name)
        for name in service.operation_names
    }


def _answer(operation: Operation, shape: Any, context: RequestContext, request: Any) -> Description:
    given = dict(request or {})
    try:
        if shape is not None:
            _add_empty_lists(given, shape, context)
            constraints.check(given, shape)
        answer = operation(Place(context.account_id, context.region), given)
    except InvalidRequestError as error:
        raise _response(error) from None
    except RecursionError:
        raise _response(ValidationError(_TOO_DEEP)) from None
    return {key: value for key, value in answer.items() if value is not None}


def _add_empty_lists(request: dict[str, Any], shape: Any, context: RequestContext) -> None:
    """Add empty lists (``Tags=``) to a request, which LocalStack's parser leaves out.

    An update without tags keeps those that there are; one with an empty list removes them.
    """
    for name, member in shape.members.items():
        empty = member.type_name == "list" and context.request.values.get(name) == ""
        if empty and request.get(name) is None:
            request[name] = []


def _response(error: InvalidRequestError) -> CommonServiceException:
    # A message repeats what was given; XML cannot have all of that.
    message = _NOT_IN_XML.sub("?", str(error))
    return CommonServiceException(error.code, message, status_code=400, sender_fault=True)


def _reject(name: str, context: RequestContext, request: Any) -> Description:
    raise CommonServiceException(
        "NotImplemented",
        f"CloudFormation's operation {name} is not available in this testbed.",
        status_code=501,
    )
