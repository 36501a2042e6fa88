"""Whether functions are isolated from the machine's files, as the emulator says."""

from __future__ import annotations

from typing import TypedDict, cast

from testbed.control.endpoint import Endpoint, json_object
from testbed.errors import TestbedError

_ANSWER_SECONDS = 10.0


class Isolation(TypedDict):
    """The emulator's answer; ``reason`` says why functions are not isolated, if they are not."""

    isolated: bool
    reason: str | None


def isolation(endpoint: Endpoint) -> Isolation | None:
    """Return whether functions have their own file system; None if the emulator does not say.

    Only an emulator with the ``process`` Lambda executor says.
    """
    try:
        response = endpoint.send("GET", "/_testbed/isolation", answer_within=_ANSWER_SECONDS)
    except TestbedError:  # it does not answer
        return None
    answer = json_object(response)
    return cast(Isolation, answer) if response.ok and answer is not None else None
