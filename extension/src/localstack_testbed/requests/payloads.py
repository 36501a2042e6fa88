"""The bodies of requests to APIs and function URLs, as they were sent.

LocalStack parses a body that is sent as a form, the default of ``curl --data``, and encodes it
again: JSON becomes ``%7B%22id%22…=``. On AWS the function gets what was sent.
https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import sys
from typing import Any

from localstack_testbed.hooks.patching import replace

_API = "localstack.services.apigateway.next_gen.execute_api.handlers.parse"
_FUNCTION_URL = "localstack.services.lambda_.urlrouter"


def patch_apis() -> None:
    """Pass on the bodies of requests to APIs."""
    _patch(_API)


def patch_function_urls() -> None:
    """Pass on the bodies of requests to function URLs."""
    _patch(_FUNCTION_URL)


def _patch(module: str) -> None:
    def payload(request: Any) -> bytes:
        # A form that was parsed before has consumed the body.
        is_parsed = request.shallow or "form" in vars(request)
        return bytes(original(request) if is_parsed else request.get_data(cache=True))

    original = replace(sys.modules[module], "restore_payload", payload)
