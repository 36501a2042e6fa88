"""The function that writes incidents down."""

import json
from collections.abc import Callable
from types import ModuleType

import pytest
from aws_fakes import FakeS3, client_error
from conftest import Context, Event
from examples import incident

CLOSED = incident(0, 60)


@pytest.fixture
def recorder(function: Callable[[str], ModuleType]) -> ModuleType:
    return function("incident_recorder")


def test_only_what_cannot_be_recorded_comes_again(
    recorder: ModuleType,
    s3: FakeS3,
    event: Event,
    context: Context,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The queue holds a recovery, something else, and the outage that came too late."""
    failed = recorder.handler(event("incident-queue"), context)

    assert failed == {
        "batchItemFailures": [{"itemIdentifier": "00000000-0000-0000-0000-000000000002"}]
    }
    assert s3.load(CLOSED.key) == CLOSED.document()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["message"] for line in lines] == [
        "incident recorded",
        "alert not recorded",
        "incident already known",
    ]
    assert lines[1]["reason"].startswith("not an alert of version 1")


def test_a_batch_of_nothing_but_failures_is_reported_item_by_item(
    recorder: ModuleType, s3: FakeS3, event: Event, context: Context
) -> None:
    s3.broken[CLOSED.key] = client_error("PutObject", "SlowDown", 503)

    failed = recorder.handler(event("incident-queue"), context)

    assert len(failed["batchItemFailures"]) == 3
