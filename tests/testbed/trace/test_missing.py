"""Steps that usually follow and did not this time."""

from __future__ import annotations

from testbed.control.journal import JournalEntry
from testbed.trace.chains import Step
from testbed.trace.missing import missing_steps

TOPIC, QUEUE = "arn:aws:sns:us-east-1:0:alerts", "arn:aws:sqs:us-east-1:0:work"


def published(*recipients: str) -> Step:
    publish = step("api", service="sns", operation="Publish", resource="alerts")
    for recipient in recipients:
        delivery = step("delivery", service="sns", source=TOPIC, resource=recipient)
        publish.children.append(delivery)
        delivery.parents.append(publish)
    return publish


def step(kind: str, **fields: object) -> Step:
    return Step(
        JournalEntry.of({"position": 1, "time": "2026-11-24T12:00:00Z", "kind": kind, **fields})
    )


def test_step_that_usually_followed_is_missing() -> None:
    before = [published("a@example.com", QUEUE), published("a@example.com", QUEUE)]
    assert missing_steps(before, [published("a@example.com")]) == [
        "sns Publish alerts: not followed by: SNS alerts → work (as 2 of 2 times before)"
    ]
    [line] = missing_steps(before[:1], [published(QUEUE), published(QUEUE)])
    assert "SNS alerts → a@example.com (as 1 of 1 times before)" in line


def test_step_that_followed_sometimes_is_not_missing() -> None:
    both, one = published("a@example.com", QUEUE), published("a@example.com")
    assert missing_steps([both, one], [published("a@example.com")]) == []
    assert (
        missing_steps([one, published("a@example.com"), both], [published("a@example.com")]) == []
    )
    assert (
        len(
            missing_steps(
                [one, both, published("a@example.com", QUEUE)], [published("a@example.com")]
            )
        )
        == 1
    )


def test_nothing_is_missing_the_first_time() -> None:
    assert missing_steps([], [published()]) == []
    assert missing_steps([published(QUEUE)], [step("schedule", resource="cron")]) == []


def test_objects_of_a_bucket_are_alike() -> None:
    def run(key: str | None) -> Step:
        invocation = step("invocation", resource="worker")
        if key:
            put = step("api", service="s3", operation="PutObject", resource=f"bucket/{key}")
            invocation.children.append(put)
        return invocation

    assert missing_steps([run("a"), run("b")], [run("c")]) == []
    assert missing_steps([run("a")], [run(None)]) == [
        "λ worker: not followed by: s3 PutObject bucket/a (as 1 of 1 times before)"
    ]
