"""Control calls: requests to the extension's endpoints below ``/_testbed``, valid or not."""

import json
from typing import Any

import requests

CONTROL_SECRET = "secret of these tests"
CONTROL_HEADERS = {"X-Testbed-Secret": CONTROL_SECRET}

LIMIT_SECONDS = 60


class ErrorResponse(Exception):
    """An error response, with its status and message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


def call(method: str, url: str, body: object = None) -> dict[str, Any]:
    """Make a control call, and return its answer.

    Parameters
    ----------
    body
        An object to send as JSON, or the content itself.

    Raises
    ------
    ErrorResponse
        If the status is an error.
    """
    content = body if body is None or isinstance(body, bytes) else json.dumps(body)
    response = requests.request(
        method, url, data=content, headers=CONTROL_HEADERS, timeout=LIMIT_SECONDS
    )
    answer: dict[str, Any] = response.json()
    if not response.ok:
        raise ErrorResponse(response.status_code, answer["message"])
    return answer
