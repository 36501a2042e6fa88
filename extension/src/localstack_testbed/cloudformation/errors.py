"""The errors that CloudFormation's API answers with.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

from localstack.aws.api import CommonServiceException


class ValidationError(CommonServiceException):
    """A request or a template is invalid; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message, status_code=400, sender_fault=True)


class InsufficientCapabilitiesError(CommonServiceException):
    """A request does not acknowledge what the template may do."""

    def __init__(self, message: str) -> None:
        super().__init__(
            "InsufficientCapabilitiesException", message, status_code=400, sender_fault=True
        )
