"""Validation of Lambda functions and SQS event source mappings.

A function's configuration cannot contain reserved environment variables:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. A queue's visibility
timeout cannot be shorter than the timeout of the function that polls it:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html. Some time after AWS has
deprecated a runtime, functions with it cannot be created or updated (``runtimes``).
"""

from collections.abc import Callable, Mapping
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.limits.runtimes import rejection, today
from localstack_testbed.timing.queue_waiting import find_queue

RESERVED = {
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
}


def check_package(request: Mapping[str, Any]) -> None:
    """Check that a function with a deployment package has a runtime and a handler.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html

    Raises
    ------
    InvalidParameterValueException
        If one of them is missing.
    """
    from localstack.aws.api.lambda_ import InvalidParameterValueException

    if request.get("PackageType", "Zip") == "Zip" and not (
        request.get("Runtime") and request.get("Handler")
    ):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment"
            " packages.",
            Type="User",
        )


def patch_functions() -> None:
    """Extend LocalStack's validation."""
    from localstack.aws.api.lambda_ import InvalidParameterValueException
    from localstack.services.lambda_.provider import LambdaProvider

    def verify_variables(variables: Mapping[str, str]) -> None:
        if reserved := [name for name in variables if name in RESERVED]:
            raise InvalidParameterValueException(
                "Lambda was unable to configure your environment variables because the environment "
                "variables you have provided contains reserved keys that are currently not "
                "supported for modification. Reserved keys used in this request: "
                + ", ".join(reserved),
                Type="User",
            )
        verify(variables)

    def check_runtime(runtime: str | None, *, update: bool) -> None:
        if message := rejection(runtime or "", update=update, on=today()):
            raise InvalidParameterValueException(message, Type="User")

    @patch(LambdaProvider._validate_runtime)
    def validate_runtime(
        original: Callable[..., None], self: Any, package_type: Any, runtime: str | None
    ) -> None:
        check_runtime(runtime, update=False)
        original(self, package_type, runtime)

    @patch(LambdaProvider.update_function_configuration)
    def update_function_configuration(
        original: Callable[..., Any], self: Any, context: Any, request: Mapping[str, Any]
    ) -> Any:
        check_runtime(request.get("Runtime"), update=True)
        return original(self, context, request)

    verify = replace(LambdaProvider, "_verify_env_variables", staticmethod(verify_variables))

    @patch(LambdaProvider.validate_event_source_mapping)
    def validate_event_source_mapping(
        original: Callable[..., Any], self: Any, context: Any, request: Mapping[str, Any]
    ) -> Any:
        result = original(self, context, request)
        version = result[3]
        source = request.get("EventSourceArn") or ""
        queue = find_queue(source) if source.split(":")[2:3] == ["sqs"] else None
        if queue is not None:
            visibility = int(queue.attributes["VisibilityTimeout"])
            timeout = version.config.timeout
            if visibility < timeout:
                raise InvalidParameterValueException(
                    f"Queue visibility timeout: {visibility} seconds is less than "
                    f"Function timeout: {timeout} seconds",
                    Type="User",
                )
        return result
