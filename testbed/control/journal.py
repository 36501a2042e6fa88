"""The journal of everything that happens in LocalStack, which our extension of it keeps.

::

    journal = Journal(endpoint_url)
    before = journal.position()
    ...
    for entry in journal.entries(since=before):
        print(entry.time, entry.kind, entry["resource"])
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from testbed.control.endpoint import Endpoint, LacksFeatureError, lacks_endpoint

KINDS = ("api", "schedule", "delivery", "queue", "invocation", "email", "fault")
"""What entries are about, in the order in which a chain usually has them."""

_PATH = "/_testbed/journal"
_WAIT_SECONDS = 10


@dataclass(frozen=True)
class Entry:
    """One hop.

    Parameters
    ----------
    position
        Its place in the journal, where a hop that takes time is entered when it has ended.
    time
        When it began.
    id
        What other entries may name among their ``causes``: a request id, a message id.
    makes
        Further ids that came into the world with it.
    trace
        The root of its X-Ray trace.
    fields
        The whole entry, as it is served.

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
    def of(cls, fields: dict[str, Any]) -> Entry:
        """Read an entry as it is served."""
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
        """Return what the entry says of something, or None."""
        return self.fields.get(name)


JournalEntry = Entry


class Journal:
    """The journal behind an endpoint.

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
        """Return the position of the newest entry, 0 if there is none.

        Raises
        ------
        TestbedError
            If the endpoint does not answer, or keeps no journal.
        """
        return self.read(limit=0)[0]

    def entries(
        self, since: int = 0, kinds: Collection[str] = (), limit: int | None = None
    ) -> list[Entry]:
        """Return the entries after a position that are still kept, the oldest first.

        Parameters
        ----------
        kinds
            Which ones, of :data:`KINDS`; all, if empty.
        limit
            The newest so many of them.

        Raises
        ------
        TestbedError
            If the endpoint does not answer, or keeps no journal.
        """
        return self.read(since, kinds, limit)[1]

    def follow(self, since: int, kinds: Collection[str] = ()) -> Iterator[Entry]:
        """Yield the entries after a position, and then each new one, without an end.

        Raises
        ------
        TestbedError
            If the endpoint does not answer any more, or keeps no journal.
        """
        while True:
            since, found = self.read(since, kinds, wait=_WAIT_SECONDS)
            yield from found

    def read(
        self, since: int = 0, kinds: Collection[str] = (), limit: int | None = None, wait: int = 0
    ) -> tuple[int, list[Entry]]:
        """Return entries, and the position from which to go on.

        Parameters
        ----------
        wait
            Wait for the first one, for so many seconds, 20 at most.

        Raises
        ------
        TestbedError
            If the endpoint does not answer, or keeps no journal.
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
            return int(position), [Entry.of(json.loads(line)) for line in lines]
        if lacks_endpoint(response):
            raise LacksFeatureError(
                f"{self._endpoint.url}{_PATH} is no journal.",
                advice="The LocalStack of `testbed up` keeps one, unless TESTBED_JOURNAL=0 is set.",
            )
        raise self._endpoint.unexpected("GET", _PATH, response)
