"""HTTP endpoint of the journal: ``GET /_testbed/journal``.

It responds with one entry per line, each a JSON object (NDJSON), in the order of their positions.
The header ``X-Testbed-Position`` is the position up to which the response goes, to be sent as
``since`` next time; ``X-Testbed-Oldest`` is the position of the oldest entry that is kept.

``since``
    Return entries after this position; all that are kept by default. ``now`` means new ones only.
``kind``
    Return entries of these kinds only, separated by commas.
``limit``
    Return only the last N entries.
``wait``
    If there is no such entry, wait for one for at most this many seconds (at most 20).
"""

from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.journal.journal import Journal

LONGEST_WAIT_SECONDS = 20.0


class JournalEndpoint:
    """The route ``/_testbed/journal``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @route("/_testbed/journal", methods=["GET"])
    def read(self, request: Request) -> Response:
        query = request.args
        try:
            given = query.get("since", "0")
            since = self._journal.position if given == "now" else _at_least_zero("since", given)
            limit = _at_least_zero("limit", query["limit"]) if "limit" in query else None
            wait = min(_at_least_zero("wait", query.get("wait", "0")), LONGEST_WAIT_SECONDS)
        except ValueError as error:
            return Response(f"{error}\n", status=400, mimetype="text/plain")
        kinds = {kind for kind in query.get("kind", "").split(",") if kind}
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
        raise ValueError(f"{name}: {text!r} is not an integer of at least 0")
    return int(text)
