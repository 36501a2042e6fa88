"""The endpoint ``GET /_testbed/isolation``, which reports whether functions are isolated.

It answers ``{"isolated", "reason"}``; the reason is null if functions are isolated.
"""

import json
from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.lambda_executor.environment_service import EnvironmentService

PATH = "/_testbed/isolation"


def serve(router: Router[Any], service: EnvironmentService) -> None:
    """Add the endpoint to LocalStack's router."""

    @route(PATH, methods=["GET"])
    def isolation(_request: Request) -> Response:
        try:
            reason = service.prepare().not_isolated_reason
        except ConnectionError as error:
            return Response(str(error), status=503)
        content = json.dumps({"isolated": reason is None, "reason": reason})
        return Response(content, mimetype="application/json")

    router.add(isolation)
