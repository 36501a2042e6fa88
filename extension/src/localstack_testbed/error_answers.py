"""Errors in place of an answer that a service has given already."""

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.protocol.serializer import create_serializer


def answer_with_error(context: Any, response: Any, error: CommonServiceException) -> None:
    """Put a service's answer away, and answer with an error in the protocol of the request."""
    serializer = create_serializer(context.service, context.protocol)
    response.update_from(
        serializer.serialize_error_to_response(
            error, context.operation, context.request.headers, context.request_id
        )
    )
    context.service_response, context.service_exception = None, error
