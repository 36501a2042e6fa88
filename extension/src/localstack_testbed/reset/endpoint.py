"""HTTP endpoints that save a state of the emulator, and return to it.

``PUT /_testbed/states/NAME``
    Save the state under a name, in place of the one that has the name: ``{"name", "objects"}``.
``GET /_testbed/states``
    Respond with the names of the saved states: ``{"states": [NAME]}``.
``DELETE /_testbed/states/NAME``
    Forget a saved state.
``POST /_testbed/reset`` with ``{"state": NAME}``
    Return to a saved state; without a name, to the empty one: ``{"state", "removed", "restored",
    "changed", "ms"}``. The three in the middle have names of resources by kind. What was changed
    by hand is changed back.

The status is 400 for an invalid request, 404 for an unknown name, and 409 if something prevents it,
all with ``{"message"}``. Nothing has been changed then, unless the message names functions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.requests.json_bodies import InvalidBodyError, json_body, json_response
from localstack_testbed.reset.errors import ResetError, UnknownStateError

if TYPE_CHECKING:
    from localstack_testbed.reset.states import States


class ResetEndpoint:
    """The request handlers."""

    def __init__(self, states: Callable[[], States]) -> None:
        self._states = states

    @route("/_testbed/states", methods=["GET"])
    def show(self, request: Request) -> Response:
        return json_response({"states": self._states().names()})

    @route("/_testbed/states/<name>", methods=["PUT"])
    def save(self, request: Request, name: str) -> Response:
        try:
            return json_response(self._states().save(name))
        except ResetError as error:
            return json_response({"message": str(error)}, status=409)

    @route("/_testbed/states/<name>", methods=["DELETE"])
    def forget(self, request: Request, name: str) -> Response:
        try:
            self._states().forget(name)
        except UnknownStateError as error:
            return json_response({"message": str(error)}, status=404)
        return Response(status=204)

    @route("/_testbed/reset", methods=["POST"])
    def reset(self, request: Request) -> Response:
        try:
            return json_response(self._states().reset(_name_in(request)))
        except InvalidBodyError as error:
            return json_response({"message": str(error)}, status=400)
        except UnknownStateError as error:
            return json_response({"message": str(error)}, status=404)
        except ResetError as error:
            return json_response({"message": str(error)}, status=409)


def serve(router: Router[Any], states: Callable[[], States]) -> None:
    """Add the endpoints to LocalStack's router."""
    router.add(ResetEndpoint(states))


def _name_in(request: Request) -> str | None:
    match json_body(request) if request.get_data() else {}:
        case {"state": str() | None as name, **rest} if not rest:
            return name
        case {**rest} if not rest:
            return None
    raise InvalidBodyError('expected {"state": "the name of a saved state"}')
