"""What is wrong with a request or a template; nothing was changed.

The API answers with these errors, whose classes have AWS's codes:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
"""

from typing import ClassVar


class InvalidRequestError(Exception):
    """An error that the API answers with; the message is AWS's."""

    code: ClassVar[str]


class ValidationError(InvalidRequestError):
    """A request or a template is invalid."""

    code = "ValidationError"


class TransformError(ValidationError):
    """A transform of the template failed.

    AWS accepts the request, and reports this as the status reason of the change set or the stack.
    """

    def __init__(self, transform: str, message: str) -> None:
        super().__init__(f"Transform {transform} failed with: {message}")


class InsufficientCapabilitiesError(InvalidRequestError):
    """A request does not acknowledge what the template may do."""

    code = "InsufficientCapabilitiesException"
