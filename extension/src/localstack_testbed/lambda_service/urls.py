"""Function URLs: cookies, request ids, plain results and throttling as on AWS.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html says what the function gets and
what becomes of its result. A function without concurrency answers 429:
https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html

Setting: ``TESTBED_LAMBDA_URLS`` (``0`` switches the module off).
"""

import json
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, cast

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start, patch
from localstack_testbed.hooks.settings import switch

_request_id: ContextVar[str] = ContextVar("request id of a call of a function URL")


@on_infra_start(should_load=switch("TESTBED_LAMBDA_URLS"))
def answer_as_function_urls_do() -> None:
    """Patch what answers requests to function URLs, when LocalStack loads it."""
    on_import("localstack.services.lambda_.urlrouter", _patch)


def _patch() -> None:
    from localstack.aws.api.lambda_ import TooManyRequestsException
    from localstack.http import Response
    from localstack.services.lambda_ import urlrouter

    @patch(urlrouter.FunctionUrlRouter.handle_lambda_url_invocation)
    def handle(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except TooManyRequestsException as error:
            body = json.dumps({"Message": error.message})
            return Response(body, error.status_code, mimetype="application/json")

    module = cast(Any, urlrouter)
    build_event = module.event_for_lambda_url
    build_response = module.lambda_result_to_response

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
            # A stream, which LocalStack has taken apart.
            return response
        if isinstance(answer, dict):
            if "statusCode" not in answer:
                response.data = json.dumps(answer, separators=(",", ":"))
                response.headers["Content-Type"] = "application/json"
            for cookie in answer.get("cookies") or []:
                response.headers.add("Set-Cookie", cookie)
        return response

    module.event_for_lambda_url = event_for_lambda_url
    module.lambda_result_to_response = lambda_result_to_response
    # The invocation has the request id that the event says.
    module.gen_amzn_requestid = _request_id.get
