"""The function incident-recorder."""

from collections.abc import Callable
from types import ModuleType

import pytest

from tests.handlers.aws_fakes import FakeS3, client_error
from tests.handlers.examples import Context, Event, incident

CLOSED = incident(0, 60)


@pytest.fixture
def recorder(function: Callable[[str], ModuleType]) -> ModuleType:
    return function("incident_recorder")


def test_only_failed_messages_are_redelivered(
    recorder: ModuleType,
    s3: FakeS3,
    event: Event,
    context: Context,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The batch has a recovery, another message, and the outage, which is late."""
    with caplog.at_level("INFO"):
        failed = recorder.handler(event("incident-queue"), context)

    assert failed == {
        "batchItemFailures": [{"itemIdentifier": "00000000-0000-0000-0000-000000000002"}]
    }
    assert s3.load(CLOSED.key) == CLOSED.document()
    assert caplog.messages == [
        "incident recorded",
        "alert not recorded",
        "incident already known",
    ]


def test_a_batch_in_which_all_fail_is_reported_item_by_item(
    recorder: ModuleType, s3: FakeS3, event: Event, context: Context
) -> None:
    s3.broken[CLOSED.key] = client_error("PutObject", "SlowDown", 503)

    failed = recorder.handler(event("incident-queue"), context)

    assert len(failed["batchItemFailures"]) == 3


@pytest.mark.parametrize("broken", [b"", b"{}", b'{"site": "shop"}'])
def test_a_broken_incident_is_reported_and_recorded_again_after_deletion(
    recorder: ModuleType,
    s3: FakeS3,
    event: Event,
    context: Context,
    caplog: pytest.LogCaptureFixture,
    broken: bytes,
) -> None:
    s3.objects[CLOSED.key] = broken

    failed = recorder.handler(event("incident-queue"), context)

    assert len(failed["batchItemFailures"]) == 3
    reasons = [getattr(record, "reason", "") for record in caplog.records]
    assert any(
        reason.startswith(f"{CLOSED.key} cannot be read") and reason.endswith("remove or repair it")
        for reason in reasons
    )
    del s3.objects[CLOSED.key]
    recorder.handler(event("incident-queue"), context)
    assert s3.load(CLOSED.key) == CLOSED.document()
