"""Permissions that apply only to invocations through a function URL, which LocalStack extends.

It ignores ``InvokedViaFunctionUrl``, so that a statement for a public URL would also allow anyone
to invoke the function directly. On AWS the statement has a condition:
https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_provider() -> None:
    """Add the condition to the statement."""
    from localstack.services.lambda_ import api_utils
    from localstack.services.lambda_.invocation.models import lambda_stores
    from localstack.services.lambda_.provider import LambdaProvider

    @patch(LambdaProvider.add_permission)
    def add_permission(
        original: Callable[..., Any], self: Any, context: Any, request: Mapping[str, Any]
    ) -> Any:
        response = original(self, context, request)
        if not request.get("InvokedViaFunctionUrl"):
            return response
        account, region = api_utils.get_account_and_region(request["FunctionName"], context)
        name, qualifier = api_utils.get_name_and_qualifier(
            request["FunctionName"], request.get("Qualifier"), context
        )
        function = lambda_stores[account][region].functions[name]
        for statement in function.permissions[qualifier or "$LATEST"].policy.Statement:
            if statement["Sid"] == request["StatementId"]:
                condition = statement.setdefault("Condition", {})
                condition["Bool"] = {"lambda:InvokedViaFunctionUrl": "true"}
                response["Statement"] = json.dumps(statement)
        return response
