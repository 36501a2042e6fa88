"""The errors that CloudFormation's API answers with.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

from localstack.aws.api import CommonServiceException


class ValidationError(CommonServiceException):
    """A request or a template is invalid; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message, status_code=400, sender_fault=True)


class TransformError(ValidationError):
    """A transform of the template failed.

    AWS accepts the request, and reports this as the status reason of the change set or the stack.
    """

    def __init__(self, transform: str, message: str) -> None:
        super().__init__(f"Transform {transform} failed with: {message}")


class InsufficientCapabilitiesError(CommonServiceException):
    """A request does not acknowledge what the template may do."""

    def __init__(self, message: str) -> None:
        super().__init__(
            "InsufficientCapabilitiesException", message, status_code=400, sender_fault=True
        )
