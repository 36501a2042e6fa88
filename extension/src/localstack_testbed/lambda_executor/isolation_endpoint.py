"""The endpoint ``GET /_testbed/isolation``, which reports whether functions are isolated.

It answers ``{"isolated", "reason"}``; the reason is null if functions are isolated.
"""

from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.requests.json_bodies import json_response

PATH = "/_testbed/isolation"


def serve(router: Router[Any], service: EnvironmentService) -> None:
    """Add the endpoint to LocalStack's router."""

    @route(PATH, methods=["GET"])
    def isolation(_request: Request) -> Response:
        try:
            reason = service.prepare().not_isolated_reason
        except ConnectionError as error:
            return Response(str(error), status=503)
        return json_response({"isolated": reason is None, "reason": reason})

    router.add(isolation)
