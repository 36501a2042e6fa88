"""Fixes of rules with an event pattern."""

import json
from collections.abc import Iterator

import pytest

from tests.extension.conftest import Clients
from tests.extension.scheduling import Queue


@pytest.fixture
def queues(aws: Clients, name: str) -> Iterator[tuple[Queue, Queue]]:
    made = Queue.create(aws["sqs"], f"{name}-a"), Queue.create(aws["sqs"], f"{name}-b")
    yield made
    for queue in made:
        aws["sqs"].delete_queue(QueueUrl=queue.url)


def test_disabled_rule_matches_nothing_until_it_is_enabled(
    aws: Clients, name: str, queues: tuple[Queue, Queue]
) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html"""
    events = aws["events"]
    pattern = json.dumps({"source": [name]})
    # The disabled rule is first, so that a delivery of it would not be later than the other's.
    for rule, state, queue in zip("ab", ("DISABLED", "ENABLED"), queues, strict=True):
        events.put_rule(Name=f"{name}-{rule}", EventPattern=pattern, State=state)
        events.put_targets(Rule=f"{name}-{rule}", Targets=[{"Id": "queue", "Arn": queue.arn}])

    def put(word: str) -> None:
        entry = {"Source": name, "DetailType": "test", "Detail": json.dumps({"word": word})}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    disabled, enabled = queues
    put("first")
    assert [json.loads(body)["detail"] for body in enabled.bodies()] == [{"word": "first"}]
    events.enable_rule(Name=f"{name}-a")
    put("second")
    assert [json.loads(body)["detail"] for body in disabled.bodies()] == [{"word": "second"}]
    for rule in "ab":
        events.remove_targets(Rule=f"{name}-{rule}", Ids=["queue"])
        events.delete_rule(Name=f"{name}-{rule}")
