"""The endpoint ``GET /_testbed/runtimes/RUNTIME``: what functions of a Python runtime run on.

It answers ``{"runtime", "runs_on", "reason", "deprecated"}``. ``reason`` says why it is another
runtime, as the end of a sentence about the first one; ``deprecated`` is the date since when AWS has
deprecated it. Both are null where they do not apply. A deployment asks before it packages
functions, since packages are made for one version of Python. An interpreter that is missing is
searched for, as if a function was created.
"""

from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.hooks import settings
from localstack_testbed.lambda_executor.interpreters import Choice
from localstack_testbed.limits import runtimes
from localstack_testbed.requests.json_bodies import json_response

PATH = "/_testbed/runtimes/<runtime>"


def serve_runtimes() -> None:
    """Add the endpoint to LocalStack's router."""
    from localstack.services.edge import ROUTER

    router: Router[Any] = ROUTER

    @route(PATH, methods=["GET"])
    def answer(_request: Request, runtime: str) -> Response:
        if runtime not in runtimes.PYTHON_RUNTIMES:
            message = f"{runtime} is not one of Lambda's Python runtimes."
            return json_response({"message": message}, status=404)
        choice = _choose(runtime)
        since = runtimes.deprecation(runtime, runtimes.today())
        return json_response(
            {
                "runtime": runtime,
                "runs_on": choice.runtime,
                "reason": choice.reason,
                "deprecated": since.isoformat() if since else None,
            }
        )

    router.add(answer)


def _choose(runtime: str) -> Choice:
    if settings.LAMBDA_RUNTIME_EXECUTOR.value() != "process":
        return Choice(runtime)  # in AWS's image for it
    from localstack_testbed.lambda_executor.environment_service import EnvironmentService

    return EnvironmentService.instance().interpreters.choose(runtime)
