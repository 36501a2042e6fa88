"""The endpoint that starts and ends the debugging of a function.

``PUT /_testbed/debug/ARN`` with ``{"packages": {RUNTIME: FOLDER}, "port", "token", "proof",
"lifeline_port", "wait"}``
    Starts an environment under debugpy, which connects to ``port`` of 127.0.0.1. The session ends
    with the connection that LocalStack makes to ``lifeline_port``. Returns ``{"function",
    "runtime"}``.
``POST /_testbed/debug/ARN/environment``
    Starts an environment again, for example after an update of the function's code.
``GET /_testbed/debug/ARN``
    Returns ``{"function", "runtime", "debugged", "task_root"}``: the runtime that executes the
    function here, whether it is being debugged, and the folder of its code as the process sees
    it, null before the first process.
``DELETE /_testbed/debug/ARN``
    Ends the session.

The status is 400 for an invalid request, 404 for an unknown function or session, and 409 if the
function is already being debugged, all with ``{"message"}``.
"""

import logging
import re
import threading
from pathlib import Path
from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.lambda_executor.debugging.patches import (
    end_environments,
    start_environment,
)
from localstack_testbed.lambda_executor.debugging.sessions import (
    SESSIONS,
    BusyError,
    Debugger,
    DebugSession,
    FunctionKey,
    UnreachableError,
)
from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.requests.json_bodies import InvalidBodyError, json_body, json_response

LOG = logging.getLogger(__name__)

PATH = "/_testbed/debug"
_ARN = re.compile(r"arn:aws:lambda:([a-z0-9-]+):([0-9]{12}):function:([A-Za-z0-9_-]+)")


class RequestError(Exception):
    """Raised for a request that cannot be carried out.

    Parameters
    ----------
    message
        What is wrong.
    status
        The HTTP status of the response.
    """

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class DebugEndpoint:
    """Routes below ``/_testbed/debug``."""

    @route(f"{PATH}/<arn>", methods=["GET"])
    def show(self, request: Request, arn: str) -> Response:
        try:
            runtime = _runtime(_function(arn))
        except RequestError as error:
            return json_response({"message": str(error)}, error.status)
        session = _session(arn)
        return json_response(
            {
                "function": arn,
                "runtime": runtime,
                "debugged": session is not None,
                "task_root": session and session.task_root,
            }
        )

    @route(f"{PATH}/<arn>", methods=["PUT"])
    def begin(self, request: Request, arn: str) -> Response:
        try:
            function = _function(arn)
            runtime = _runtime(function)
            debugger, lifeline = _debugger(request, runtime)
            session = SESSIONS.begin(function, debugger, lifeline)
        except RequestError as error:
            return json_response({"message": str(error)}, error.status)
        except BusyError:
            return json_response({"message": f"{function.name} is already being debugged"}, 409)
        except UnreachableError as error:
            message = f"cannot connect to port {lifeline} of 127.0.0.1: {error}"
            return json_response({"message": message}, 400)
        _start(session)
        return json_response({"function": function.arn, "runtime": runtime})

    @route(f"{PATH}/<arn>/environment", methods=["POST"])
    def start(self, request: Request, arn: str) -> Response:
        session = _session(arn)
        if session is None:
            return _not_debugged(arn)
        _start(session)
        return json_response({})

    @route(f"{PATH}/<arn>", methods=["DELETE"])
    def end(self, request: Request, arn: str) -> Response:
        session = _session(arn)
        if session is None:
            return _not_debugged(arn)
        SESSIONS.end(session)
        return json_response({})


def serve(router: Router[Any]) -> None:
    """Add the endpoint to LocalStack's router."""
    SESSIONS.on_end = end_environments
    router.add(DebugEndpoint())


def _start(session: DebugSession) -> None:
    """Start an environment in another thread, because it may wait for a debugger."""

    def start() -> None:
        try:
            start_environment(session)
        except Exception as error:
            # The next invocation tries again, and reports the failure.
            LOG.debug("Cannot start an environment of %s: %s", session.function.arn, error)

    threading.Thread(target=start, name="start-debugging", daemon=True).start()


def _session(arn: str) -> DebugSession | None:
    return next((each for each in SESSIONS.all() if each.function.arn == arn), None)


def _function(arn: str) -> FunctionKey:
    found = _ARN.fullmatch(arn)
    if not found:
        raise RequestError(f"{arn!r} is not the unqualified ARN of a function")
    region, account, name = found.groups()
    return FunctionKey(account, region, name)


def _runtime(function: FunctionKey) -> str:
    """Return the runtime that executes a function here."""
    from localstack.services.lambda_.invocation.models import lambda_stores

    known = lambda_stores[function.account][function.region].functions.get(function.name)
    if known is None:
        raise RequestError(f"there is no function {function.arn}", 404)
    config = known.latest().config
    asked = config.runtime or "a container image"
    if not asked.startswith("python3."):
        raise RequestError(f"{function.name} runs {asked}, and only Python can be debugged")
    return EnvironmentService.instance().choose(config.internal_revision, asked).runtime


def _debugger(request: Request, runtime: str) -> tuple[Debugger, int]:
    """Return the debugger and the lifeline's port in a request."""
    try:
        body = json_body(request)
    except InvalidBodyError as error:
        raise RequestError(str(error)) from None
    match body:
        case {
            "packages": dict(packages),
            "port": int(port),
            "token": str(token),
            "proof": str(proof),
            "lifeline_port": int(lifeline),
            "wait": bool(wait),
        } if token and proof and all(0 < each < 65536 for each in (port, lifeline)):
            pass
        case _:
            raise RequestError(
                'expected {"packages": {RUNTIME: FOLDER}, "port", "token", "proof",'
                ' "lifeline_port", "wait"}'
            )
    folder = packages.get(runtime)
    if not isinstance(folder, str) or not Path(folder, "debugpy").is_dir():
        raise RequestError(f"packages: {folder!r} is no folder with debugpy for {runtime}")
    return Debugger(packages, port, token, proof, wait), lifeline


def _not_debugged(arn: str) -> Response:
    return json_response({"message": f"{arn} is not being debugged"}, 404)
