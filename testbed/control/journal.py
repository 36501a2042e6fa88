"""Client of the journal, in which our extension of LocalStack records everything that happens."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from testbed.control.endpoint import Endpoint, LacksFeatureError, lacks_endpoint

KINDS = ("api", "schedule", "delivery", "queue", "invocation", "email", "fault", "reset")
"""The kinds of entries, in the order in which a chain usually has them."""

_PATH = "/_testbed/journal"
_WAIT_SECONDS = 10


@dataclass(frozen=True)
class JournalEntry:
    """An entry of the journal: an API call, an invocation, a delivery, a message, an email, ….

    docs/journal.md lists all fields by kind.

    Parameters
    ----------
    position
        The entry's number in the journal. What takes time is entered when it ends, so positions
        are in another order than times.
    time
        When it began, in UTC.
    kind
        One of :data:`KINDS`.
    id
        The id that AWS gives it, such as a request id or a message id; empty if there is none.
    causes
        The ids of what it followed from.
    makes
        The ids of what it created, such as those of the messages that a call sent.
    trace
        The root of its X-Ray trace; empty if it has none.
    fields
        All fields of the entry by name. ``entry["resource"]`` is short for
        ``entry.fields.get("resource")``.

    Examples
    --------
    ::

        from testbed import Aws, Journal, JournalEntry, Stack


        def test_call_is_journaled(stack: Stack, aws: Aws, journal: Journal) -> None:
            before = journal.position()
            aws.sqs.send_message(QueueUrl=stack.resource("Orders"), MessageBody="tea")
            call: JournalEntry = journal.entries(before, ["api"])[0]
            assert (call["service"], call["operation"]) == ("sqs", "SendMessage")
    """

    position: int
    time: datetime
    kind: str
    id: str
    causes: tuple[str, ...]
    makes: tuple[str, ...]
    trace: str
    fields: dict[str, Any]

    @classmethod
    def of(cls, fields: dict[str, Any]) -> JournalEntry:
        """Make an entry from the JSON object that the endpoint serves."""
        return cls(
            position=fields["position"],
            time=datetime.fromisoformat(fields["time"]),
            kind=fields["kind"],
            id=fields.get("id", ""),
            causes=tuple(fields.get("causes", ())),
            makes=tuple(fields.get("makes", ())),
            trace=fields.get("trace", ""),
            fields=fields,
        )

    def __getitem__(self, name: str) -> Any:
        """Return the value of a field, or None if the entry does not have it."""
        return self.fields.get(name)


class Journal:
    """The journal of a running LocalStack with our extension.

    Every method raises a TestbedError if the endpoint does not answer or has no journal.

    Parameters
    ----------
    endpoint
        The URL of LocalStack.

    Examples
    --------
    ::

        from testbed import Aws, Journal, Stack


        def test_message_is_journaled(stack: Stack, aws: Aws, journal: Journal) -> None:
            before = journal.position()
            aws.sqs.send_message(QueueUrl=stack.resource("Orders"), MessageBody="tea")
            assert any(entry["action"] == "sent" for entry in journal.entries(before, ["queue"]))
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self._endpoint = Endpoint.of(endpoint)

    def position(self) -> int:
        """Return the position of the last entry, or 0 if there is none."""
        return self.read(limit=0)[0]

    def entries(
        self, since: int = 0, kinds: Collection[str] = (), limit: int | None = None
    ) -> list[JournalEntry]:
        """Return entries in the order of their positions.

        Parameters
        ----------
        since
            Return only entries after this position. The journal keeps the last 10,000 by default.
        kinds
            Return only entries of these :data:`KINDS`; all if empty.
        limit
            Return only the last entries, at most this many.
        """
        return self.read(since, kinds, limit)[1]

    def follow(self, since: int, kinds: Collection[str] = ()) -> Iterator[JournalEntry]:
        """Yield the entries after a position, then each new entry as it is added, without end.

        Parameters
        ----------
        since
            The position, such as that of :meth:`position`.
        kinds
            Yield only entries of these :data:`KINDS`; all if empty.
        """
        while True:
            since, found = self.read(since, kinds, wait=_WAIT_SECONDS)
            yield from found

    def read(
        self, since: int = 0, kinds: Collection[str] = (), limit: int | None = None, wait: int = 0
    ) -> tuple[int, list[JournalEntry]]:
        """Return entries as :meth:`entries` does, and the position to continue from.

        Parameters
        ----------
        wait
            If there is no such entry, wait for one for at most this many seconds (at most 20).
        """
        parameters: dict[str, Any] = {"since": since, "wait": wait}
        if kinds:
            parameters["kind"] = ",".join(kinds)
        if limit is not None:
            parameters["limit"] = limit
        response = self._endpoint.send("GET", _PATH, query=parameters)
        position = response.headers.get("X-Testbed-Position", "")
        if response.status_code == HTTPStatus.OK and position.isdecimal():
            lines = response.content.splitlines()
            return int(position), [JournalEntry.of(json.loads(line)) for line in lines]
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"The emulator at {self._endpoint.url} has no journal.",
                advice="Use the LocalStack of `testbed up`, without TESTBED_JOURNAL=0.",
            )
        raise self._endpoint.unexpected("GET", _PATH, response)
