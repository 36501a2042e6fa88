"""Client of the reset: states of a testbed that were saved, and the return to one of them.

Our extension of LocalStack saves and restores them (``localstack_testbed.reset``).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, TypedDict, cast
from urllib.parse import quote

from testbed.control.endpoint import Endpoint, LacksFeatureError, json_object, lacks_endpoint
from testbed.errors import TestbedError

DEPLOYMENT = "deployment"
"""The name of the state right after the last deployment with ``testbed``."""

_STATES = "/_testbed/states"
_RESET = "/_testbed/reset"
# The emulator waits for what is in progress: at most a minute.
_LIMIT_SECONDS = 150.0

Resources = dict[str, list[str]]
"""Names of resources by their kind in the singular."""


class Reset(TypedDict):
    """What a reset has done, as the endpoint reports it.

    ``changed`` are resources whose configuration was changed back; ``ms`` is how long it took.
    """

    state: str | None
    removed: Resources
    restored: Resources
    changed: Resources
    ms: float


class SavedStates:
    """The saved states of a running LocalStack with our extension.

    Every method raises a TestbedError if the endpoint does not answer, has no reset, or requires
    another control secret.

    Parameters
    ----------
    endpoint
        The URL of LocalStack.
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self._endpoint = Endpoint.of(endpoint)

    def names(self) -> list[str]:
        """Return the names of the saved states, the oldest first."""
        return cast("list[str]", self._request("GET", _STATES)["states"])

    def save(self, name: str) -> None:
        """Save the state under a name, in place of the one that has the name.

        Raises
        ------
        TestbedError
            If functions or deliveries are still in progress after a minute.
        """
        self._request("PUT", f"{_STATES}/{quote(name, safe='')}")

    def forget(self, name: str) -> None:
        """Forget a saved state, unless there is none with this name."""
        if name in self.names():
            self._request("DELETE", f"{_STATES}/{quote(name, safe='')}")

    def reset(self, name: str | None) -> Reset:
        """Return to a saved state, or with None to the empty one.

        Everything else is removed, and what was deleted or changed is restored. Functions that run
        are given a moment to finish, and then killed.

        Raises
        ------
        TestbedError
            If there is no such state, or something cannot be restored.
        """
        return cast(Reset, self._request("POST", _RESET, {"state": name}))

    def _request(self, method: str, path: str, body: object = None) -> Any:
        response = self._endpoint.send(method, path, body=body, answer_within=_LIMIT_SECONDS)
        answer = json_object(response)
        if response.ok and answer is not None and _is_expected(answer, method):
            return answer
        if answer and response.status_code in _EXPLAINED and "message" in answer:
            message = str(answer["message"])
            raise TestbedError(f"The testbed was not reset or saved: {message}.")
        if response.ok or lacks_endpoint(response):
            raise LacksFeatureError(
                f"The emulator at {self._endpoint.url} cannot be reset.",
                advice="It needs the testbed's extension: `testbed up` starts LocalStack with it.",
            )
        raise self._endpoint.unexpected(method, path, response)


_EXPLAINED = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


def _is_expected(answer: dict[str, Any], method: str) -> bool:
    """Return whether an answer is the extension's: another emulator may answer 200 to anything."""
    return method == "DELETE" or not answer.keys().isdisjoint(("states", "name", "state"))
