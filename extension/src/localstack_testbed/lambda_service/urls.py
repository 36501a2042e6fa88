"""Fixes of function URLs: cookies, request ids, results without a status code, and throttling.

Events and responses: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html. A throttled
request is answered with status 429:
https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from localstack_testbed.hooks.patching import replace
from localstack_testbed.hooks.shared_patches import CALL_FUNCTION_URL

_request_id: ContextVar[str] = ContextVar("request id of a call of a function URL")


def patch_router() -> None:
    """Correct the events and responses of function URLs."""
    from localstack.aws.api.lambda_ import TooManyRequestsException
    from localstack.http import Response
    from localstack.services.lambda_ import urlrouter

    @CALL_FUNCTION_URL.wrap
    def handle(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except TooManyRequestsException as error:
            body = json.dumps({"Message": error.message})
            return Response(body, error.status_code, mimetype="application/json")

    build_event: Any = urlrouter.event_for_lambda_url
    build_response: Any = urlrouter.lambda_result_to_response

    def event_for_lambda_url(api_id: str, request: Any) -> dict[str, Any]:
        event: dict[str, Any] = build_event(api_id, request)
        _request_id.set(event["requestContext"]["requestId"])
        cookies = request.headers.get("Cookie")
        if cookies:
            event["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
        event["requestContext"]["http"]["sourceIp"] = request.remote_addr
        if not event["rawQueryString"]:
            del event["queryStringParameters"]
        return event

    def lambda_result_to_response(result: Any) -> Any:
        response = build_response(result)
        try:
            answer = json.loads(result.payload)
        except ValueError:
            # A streamed response, which LocalStack has already parsed.
            return response
        if isinstance(answer, dict):
            if "statusCode" not in answer:
                response.data = json.dumps(answer, separators=(",", ":"))
                response.headers["Content-Type"] = "application/json"
            for cookie in answer.get("cookies") or []:
                response.headers.add("Set-Cookie", cookie)
        return response

    replace(urlrouter, "event_for_lambda_url", event_for_lambda_url)
    replace(urlrouter, "lambda_result_to_response", lambda_result_to_response)
    # The invocation's request id is the one in the event.
    replace(urlrouter, "gen_amzn_requestid", _request_id.get)
