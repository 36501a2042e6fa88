"""JSON objects in the bodies of requests to the extension's own endpoints."""

import json
from typing import Any


class InvalidBodyError(Exception):
    """The body of a request is not a JSON object; the message says what it is."""


def json_body(request: Any) -> dict[str, Any]:
    """Return the JSON object in a request's body.

    Raises
    ------
    InvalidBodyError
        If it is not valid JSON, or anything else than an object.
    """
    try:
        body = json.loads(request.get_data(as_text=True) or "null")
    except (ValueError, RecursionError) as error:
        raise InvalidBodyError(f"the body is not valid JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidBodyError("the body must be a JSON object")
    return body
