"""Errors in the form that LocalStack's services raise, also as replacements of responses."""

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.protocol.serializer import create_serializer


def client_error(code: str, message: str, status: int = 400) -> CommonServiceException:
    """Return a client error.

    Its class is named after the code: for services that used the Query protocol before JSON, such
    as SQS, LocalStack puts the name into the response.
    """
    kind = type(code, (CommonServiceException,), {})
    error: CommonServiceException = kind(code, message, status_code=status, sender_fault=True)
    return error


def answer_with_error(context: Any, response: Any, error: CommonServiceException) -> None:
    """Replace the response of a service by an error in the protocol of the request."""
    serializer = create_serializer(context.service, context.protocol)
    response.update_from(
        serializer.serialize_error_to_response(
            error, context.operation, context.request.headers, context.request_id
        )
    )
    context.service_response, context.service_exception = None, error
