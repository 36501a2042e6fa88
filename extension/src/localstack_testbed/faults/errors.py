"""Errors of AWS services: their HTTP statuses, and the throttling error of each service.

The tables have the common errors of all services and those of S3. Other errors are in the services'
API models.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ServiceError:
    """An error that a service returns."""

    code: str
    status: int
    message: str


COMMON = {
    "AccessDenied": 403,
    "AccessDeniedException": 403,
    "ExpiredToken": 403,
    "ExpiredTokenException": 403,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "RequestExpired": 400,
    "RequestTimeout": 400,
    "RequestTimeoutException": 408,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "SlowDown": 503,
    "Throttling": 400,
    "ThrottlingException": 400,
}

MESSAGES = {
    "InternalError": "We encountered an internal error. Please try again.",
    "InternalFailure": "The request processing has failed because of an unknown error.",
    "ServiceUnavailable": "The request has failed due to a temporary failure of the server.",
    "SlowDown": "Please reduce your request rate.",
    "TooManyRequestsException": "Rate Exceeded.",
    "Throttling": "Rate exceeded",
    "ThrottlingException": "Rate exceeded",
}

# Others return ThrottlingException, or Throttling if they use the Query protocol.
THROTTLING = {
    "apigateway": ("TooManyRequestsException", 429),
    "dynamodb": ("ProvisionedThroughputExceededException", 400),
    "kinesis": ("ProvisionedThroughputExceededException", 400),
    "lambda": ("TooManyRequestsException", 429),
    "s3": ("SlowDown", 503),
    "scheduler": ("ThrottlingException", 429),
    "sqs": ("RequestThrottled", 403),
}


def throttling_error(model: Any, message: str | None) -> ServiceError:
    """Return the error of a service that throttles a call."""
    default = ("Throttling" if "query" in model.protocol else "ThrottlingException", 400)
    code, status = THROTTLING.get(model.service_name, default)
    return ServiceError(code, status, message or MESSAGES.get(code, "Rate exceeded"))


def named_error(
    model: Any, code: str, status: int | None, message: str | None
) -> ServiceError | None:
    """Return the error with a code; None if its status is neither given nor documented."""
    status = status or _modelled(model).get(code) or COMMON.get(code)
    if status is None:
        return None
    return ServiceError(code, status, message or MESSAGES.get(code, f"{code} (injected fault)"))


def _modelled(model: Any) -> dict[str, int]:
    """Return the statuses of the errors in the API model of a service, by code."""
    statuses = {}
    for shape in model.error_shapes:
        error = shape.metadata.get("error", {})
        status = error.get("httpStatusCode") or (500 if shape.metadata.get("fault") else 400)
        statuses[error.get("code") or shape.name] = status
    return statuses
