"""Why a resource failed, as CloudFormation words it in a status reason."""

import logging
import uuid

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    ResourceError,
    is_missing,
)
from localstack_testbed.cloudformation.schemas.schema import InvalidPropertiesError

LOG = logging.getLogger(__name__)

CREATION_CANCELLED = "Resource creation cancelled"
UPDATE_CANCELLED = "Resource update cancelled"


def reason(error: Exception, logical_id: str) -> str:
    """Return the status reason of a resource whose creation, update or deletion failed."""
    match error:
        case ClientError():
            return _handler_message(_service_message(error), _handler_error_code(error))
        case AlreadyExistsError():
            return _handler_message(str(error), "AlreadyExists")
        case InvalidPropertiesError():
            return f"Properties validation failed for resource {logical_id} with message:\n{error}"
        case ResourceError() | ValidationError():
            return str(error)
    LOG.error("The resource %s failed unexpectedly", logical_id, exc_info=error)
    return f"Internal failure: {type(error).__name__}: {error}"


def already_exists(error: Exception) -> bool:
    """Return whether a resource could not be created since there is one with its name."""
    if isinstance(error, ClientError):
        return _handler_error_code(error) == "AlreadyExists"
    return isinstance(error, AlreadyExistsError)


def _handler_message(message: str, code: str) -> str:
    token = uuid.uuid4()
    return (
        f'Resource handler returned message: "{message}" '
        f"(RequestToken: {token}, HandlerErrorCode: {code})"
    )


def _service_message(error: ClientError) -> str:
    message = error.response.get("Error", {}).get("Message", "")
    metadata = error.response.get("ResponseMetadata", {})
    status, request = metadata.get("HTTPStatusCode", 400), metadata.get("RequestId", "")
    return f"{message} (Status Code: {status}, Request ID: {request})"


def _handler_error_code(error: ClientError) -> str:
    """Return the code of the handlers' contract that fits best.

    https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
    """
    code = error.response.get("Error", {}).get("Code", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if is_missing(error):
        return "NotFound"
    if "AccessDenied" in code or "NotAuthorized" in code or status == 403:
        return "AccessDenied"
    if "AlreadyExists" in code or "Conflict" in code:
        return "AlreadyExists"
    if "Throttling" in code or "TooManyRequests" in code:
        return "Throttling"
    return "InvalidRequest" if status < 500 else "ServiceInternalError"
