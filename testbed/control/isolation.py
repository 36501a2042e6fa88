"""Whether functions are isolated from the machine, as the running emulator says."""

from __future__ import annotations

from typing import TypedDict, cast

_SECONDS = 10.0


class Isolation(TypedDict):
    """An emulator's answer: ``reason`` says why functions are not isolated, if they are not."""

    isolated: bool
    reason: str | None


def isolation(endpoint_url: str) -> Isolation | None:
    """Return whether functions see a file system of their own; None if the emulator does not tell.

    One without the ``process`` Lambda executor does not.
    """
    import requests

    with requests.Session() as session:
        session.trust_env = False  # no proxy on the way to 127.0.0.1
        try:
            answer = session.get(f"{endpoint_url}/_testbed/isolation", timeout=_SECONDS)
            return cast(Isolation, answer.json()) if answer.ok else None
        except requests.RequestException:  # an answer that is no JSON among them
            return None
