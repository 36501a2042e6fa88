"""Errors as LocalStack's services raise them, also in place of an answer given already."""

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.protocol.serializer import create_serializer


def client_error(code: str, message: str, status: int = 400) -> CommonServiceException:
    """Return an error that is the client's.

    Its class has the code as its name: of services that spoke Query before JSON, such as SQS,
    LocalStack puts that into the answer.
    """
    kind = type(code, (CommonServiceException,), {})
    error: CommonServiceException = kind(code, message, status_code=status, sender_fault=True)
    return error


def answer_with_error(context: Any, response: Any, error: CommonServiceException) -> None:
    """Put a service's answer away, and answer with an error in the protocol of the request."""
    serializer = create_serializer(context.service, context.protocol)
    response.update_from(
        serializer.serialize_error_to_response(
            error, context.operation, context.request.headers, context.request_id
        )
    )
    context.service_response, context.service_exception = None, error
