"""What usually followed before, and did not this time."""

from __future__ import annotations

from testbed.control.journal import Entry
from testbed.trace.chains import Hop
from testbed.trace.missing import missing

TOPIC, QUEUE = "arn:aws:sns:us-east-1:0:alerts", "arn:aws:sqs:us-east-1:0:work"


def published(*recipients: str) -> Hop:
    publish = hop("api", service="sns", operation="Publish", resource="alerts")
    for recipient in recipients:
        delivery = hop("delivery", service="sns", source=TOPIC, resource=recipient)
        publish.after.append(delivery)
        delivery.before.append(publish)
    return publish


def hop(kind: str, **fields: object) -> Hop:
    return Hop(Entry.of({"position": 1, "time": "2026-11-24T12:00:00Z", "kind": kind, **fields}))


def test_what_usually_followed_is_missed() -> None:
    before = [published("a@example.com", QUEUE), published("a@example.com", QUEUE)]
    assert missing(before, [published("a@example.com")]) == [
        "sns Publish alerts: not followed by: SNS alerts → work (it was, 2 of 2 times before)"
    ]
    [line] = missing(before[:1], [published(QUEUE), published(QUEUE)])
    assert "SNS alerts → a@example.com (it was, 1 of 1 times before)" in line


def test_what_followed_at_times_only_is_not_missed() -> None:
    both, one = published("a@example.com", QUEUE), published("a@example.com")
    assert missing([both, one], [published("a@example.com")]) == []
    assert missing([one, published("a@example.com"), both], [published("a@example.com")]) == []
    assert (
        len(missing([one, both, published("a@example.com", QUEUE)], [published("a@example.com")]))
        == 1
    )


def test_nothing_is_missed_at_the_first_time() -> None:
    assert missing([], [published()]) == []
    assert missing([published(QUEUE)], [hop("schedule", resource="cron")]) == []


def test_objects_of_a_bucket_are_alike() -> None:
    def run(key: str | None) -> Hop:
        invocation = hop("invocation", resource="worker")
        if key:
            put = hop("api", service="s3", operation="PutObject", resource=f"bucket/{key}")
            invocation.after.append(put)
        return invocation

    assert missing([run("a"), run("b")], [run("c")]) == []
    assert missing([run("a")], [run(None)]) == [
        "λ worker: not followed by: s3 PutObject bucket/a (it was, 1 of 1 times before)"
    ]
