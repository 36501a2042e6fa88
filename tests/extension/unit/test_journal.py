"""The parts of the extension's journal that work without LocalStack."""

import json
from pathlib import Path
from typing import Any

import pytest
from localstack_testbed.journal import journal as journals
from localstack_testbed.journal.causes import (
    EVENT_BYTES,
    caused_by,
    causes_of_event,
    current_causes,
)
from localstack_testbed.journal.journal import TEXT_LIMIT, Journal, record
from localstack_testbed.journal.writing import NAME, Writer

from testbed.machine.waiting import until


@pytest.mark.parametrize(
    ("event", "ids"),
    [
        # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
        ({"Records": [{"messageId": "a"}, {"messageId": "b"}]}, ["a", "b"]),
        # https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
        ({"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "a"}}]}, ["a"]),
        # https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-example.html
        ({"Records": [{"eventID": "shard:1"}]}, ["shard:1"]),
        # https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
        ({"id": "a", "detail-type": "Scheduled Event", "detail": {}}, ["a"]),
        # https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html
        ({"requestContext": {"requestId": "a"}}, ["a"]),
        ({"id": "a"}, []),
        ({"Records": [1, None, {"messageId": 2}, {"Sns": {}}]}, []),
        ({"Records": "many"}, []),
        ({"requestContext": "none"}, []),
        ([{"messageId": "a"}], []),
        (None, []),
    ],
)
def test_event_names_its_causes(event: Any, ids: list[str]) -> None:
    assert causes_of_event(json.dumps(event)) == ids
    assert causes_of_event(json.dumps(event).encode()) == ids


@pytest.mark.parametrize("payload", ["", "{", "[" * 200_000, b"\xff", '"x"' + " " * EVENT_BYTES])
def test_malformed_event_has_no_causes(payload: str | bytes) -> None:
    assert causes_of_event(payload) == []


def test_causes_nest() -> None:
    with caused_by("outer"):
        with caused_by("inner"):
            assert current_causes() == ["inner"]
        assert current_causes() == ["outer"]
    assert current_causes() == []


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Journal:
    journal = Journal(limit=3)
    monkeypatch.setattr(journals._Kept, "journal", journal)
    return journal


def test_last_entries_are_kept(kept: Journal) -> None:
    for number in range(5):
        record("api", 0.0, number=number)
    assert kept.position == 5
    assert [json.loads(entry.line)["number"] for entry in kept.after(0)] == [2, 3, 4]
    assert [entry.position for entry in kept.after(4)] == [5]
    assert kept.after(5) == kept.after(99) == []
    assert kept.after(0, ["email"]) == []


def test_entry_is_one_line_without_what_is_empty(kept: Journal) -> None:
    record("email", 0.5, subject="two\nlines", to=[], error=None, text="x" * 2000, count=0)
    [entry] = kept.after(0)
    assert "\n" not in entry.line
    assert json.loads(entry.line) == {
        "position": 1,
        "time": "1970-01-01T00:00:00.500000+00:00",
        "kind": "email",
        "subject": "two\nlines",
        "text": "x" * TEXT_LIMIT + "…",
        "count": 0,
    }


def test_entry_that_cannot_be_serialized_is_left_out(kept: Journal) -> None:
    endless: list[Any] = []
    endless.append(endless)
    record("api", 0.0, resource=endless)
    record("api", 0.0, resource="next")
    assert [json.loads(entry.line).get("resource") for entry in kept.after(0)] == ["next"]


def test_waiting_ends_with_the_journal() -> None:
    journal = Journal(limit=3)
    journal.close()
    assert journal.wait_after(0, (), seconds=60) == (0, [])


def test_entries_are_written_later_if_the_disk_is_full(
    kept: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / NAME
    file.mkdir()  # as good as a full disk
    writer = Writer(kept, tmp_path, limit=1_000_000)
    try:
        for name in ("one", "two"):
            record("api", name=name)
        until(lambda: caplog.messages, within=30, what="warning")
        file.rmdir()
        until(lambda: file.is_file() and file.read_text(), within=30, what="entries")
    finally:
        writer.close()
    written = [json.loads(line)["name"] for line in file.read_text().splitlines()]
    assert written == ["one", "two"]
    assert len([each for each in caplog.messages if "cannot be written" in each]) == 1
