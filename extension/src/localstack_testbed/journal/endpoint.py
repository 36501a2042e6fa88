"""The journal, to be read and followed: ``GET /_testbed/journal``.

The answer has one entry per line, each a JSON object (NDJSON), the oldest first, and these headers:
``X-Testbed-Position``, the position up to which the answer goes, to be given as ``since`` the next
time; and ``X-Testbed-Oldest``, the position of the oldest entry that is still kept.

``since``
    Entries after this position; all that are kept, if left out. ``now`` means none but new ones.
``kind``
    Entries of these kinds only, with commas between them.
``limit``
    The newest so many.
``wait``
    If there is no such entry, wait for one for so many seconds, 20 at most.
"""

from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.journal.journal import Journal

LONGEST_WAIT_SECONDS = 20.0


class JournalEndpoint:
    """What is served at ``/_testbed/journal``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @route("/_testbed/journal", methods=["GET"])
    def read(self, request: Request) -> Response:
        asked = request.args
        try:
            given = asked.get("since", "0")
            since = self._journal.position if given == "now" else _at_least_zero("since", given)
            limit = _at_least_zero("limit", asked["limit"]) if "limit" in asked else None
            wait = min(_at_least_zero("wait", asked.get("wait", "0")), LONGEST_WAIT_SECONDS)
        except ValueError as error:
            return Response(f"{error}\n", status=400, mimetype="text/plain")
        kinds = {kind for kind in asked.get("kind", "").split(",") if kind}
        position, entries = self._journal.wait_after(since, kinds, wait)
        if limit is not None:
            entries = entries[-limit:] if limit else []
        oldest = self._journal.after(0)
        return Response(
            "".join(f"{entry.line}\n" for entry in entries),
            mimetype="application/x-ndjson",
            headers={
                "X-Testbed-Position": str(position),
                "X-Testbed-Oldest": str(oldest[0].position if oldest else 0),
            },
        )


def serve(router: Router[Any], journal: Journal) -> None:
    """Add the endpoint to LocalStack's gateway."""
    router.add(JournalEndpoint(journal))


def _at_least_zero(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ValueError(f"{name}: {text!r} is not a whole number from 0")
    return int(text)
