"""JSON objects in requests to the extension's own endpoints, and in their responses."""

import json
from collections.abc import Mapping
from typing import Any

from localstack.http import Response


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


def json_response(content: Mapping[str, Any], status: int = 200) -> Response:
    """Return a response with a JSON object."""
    return Response(json.dumps(content), status=status, mimetype="application/json")
