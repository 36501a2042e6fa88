"""The section about the testbed in a failed test's report.

It must not hide the failure: an error while making a part of it becomes one line.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from testbed.aws.logs import log_lines
from testbed.aws.queues import message_counts, queue_name
from testbed.terminal.control_characters import visible
from testbed.trace.chains import Step, link
from testbed.trace.missing import missing_steps
from testbed.trace.tree import draw, problems

if TYPE_CHECKING:
    from testbed.pytest_plugin.running import Feature, RunningTestbed

_LINES = 60
_TEXT_LENGTH = 300
# CloudWatch has times in whole milliseconds.
_MARGIN = timedelta(milliseconds=1)


def explain(testbed: RunningTestbed, since: datetime) -> str:
    """Describe what happened since a moment, and the present state."""
    steps = cache(lambda: _split(testbed, since))
    parts: tuple[tuple[str, Feature | None, Callable[[], Iterable[str]]], ...] = (
        ("what went wrong", "journal", lambda: _wrong(*steps())),
        ("what happened since the test began", "journal", lambda: _happened(*steps())),
        ("queues", None, lambda: _queues(testbed)),
        ("emails", "inbox", lambda: _emails(testbed, since)),
        ("function logs", None, lambda: _logs(testbed, since)),
        ("faults", "faults", lambda: _faults(testbed)),
    )
    lines: list[str] = []
    for title, feature, part in parts:
        if feature in testbed.unavailable:
            continue
        try:
            found = list(part())
        except Exception as error:
            found = [f"not available: {type(error).__name__}: {error}"]
        lines.append(f"{title}:{'' if found else ' none'}")
        if len(found) > _LINES:
            found = [f"… {len(found) - _LINES} earlier lines", *found[-_LINES:]]
        lines += [f"  {visible(line)}" for line in found]
    return "\n".join(lines)


def _split(testbed: RunningTestbed, since: datetime) -> tuple[list[Step], list[Step]]:
    """Return the steps before and since the test began."""
    steps = link(testbed.journal.entries())
    first = bisect_left(steps, since, key=lambda step: step.entry.time)
    return steps[:first], steps[first:]


def wrong(testbed: RunningTestbed, since: datetime) -> Iterator[str]:
    """Describe what failed since a moment, and what usually follows but did not.

    Chains that began before that moment count, too: a retry may affect what this test uses.
    """
    yield from _wrong(*_split(testbed, since))


def _wrong(before: list[Step], now: list[Step]) -> Iterator[str]:
    now = [step for step in now if not _is_failed_call_of_a_client(step)]
    for line in (*problems(now), *missing_steps(before, now)):
        yield f"✗ {line}"


def _is_failed_call_of_a_client(step: Step) -> bool:
    """Whether a step is only a failed call whose error the test has seen itself."""
    entry = step.entry
    failed = entry.kind == "api" and entry["caller"] == "clients" and entry["status"] >= 400
    return failed and not step.children and entry["service"] != "execute-api"


def _happened(before: list[Step], now: list[Step]) -> Iterator[str]:
    earlier = {id(step) for step in before}
    beginnings = [step for step in now if all(id(each) in earlier for each in step.parents)]
    # A test's own calls are of no interest unless something followed from them.
    yield from draw(step for step in beginnings if step.children)


def _queues(testbed: RunningTestbed) -> Iterator[str]:
    for url in testbed.queues():
        counts = message_counts(testbed.aws, url)
        if counts.visible or counts.in_flight or counts.delayed:
            yield (
                f"{queue_name(url)}: {counts.visible} visible, {counts.in_flight} in flight,"
                f" {counts.delayed} delayed"
            )
            if "journal" not in testbed.unavailable:
                yield from (f"  {_shortened(body)}" for body in _bodies(testbed, url))


def _bodies(testbed: RunningTestbed, queue_url: str) -> Iterator[str]:
    """Return the messages in a queue without receiving them, which only LocalStack can.

    https://docs.localstack.cloud/aws/services/sqs/#developer-endpoints
    """
    answer = testbed.session.endpoint.send(
        "GET",
        "/_aws/sqs/messages",
        query={"QueueUrl": queue_url, "ShowInvisible": "true"},
        headers={"Accept": "application/json"},
    )
    result: Any = answer.json()["ReceiveMessageResponse"]["ReceiveMessageResult"]
    messages = (result or {}).get("Message", [])
    for message in messages if isinstance(messages, list) else [messages]:
        yield str(message["Body"])


def _emails(testbed: RunningTestbed, since: datetime) -> Iterator[str]:
    for email in testbed.inbox.emails():
        # LocalStack gives the times of emails in UTC and whole seconds.
        sent = datetime.fromisoformat(email.sent).replace(tzinfo=UTC)
        if sent >= since.replace(microsecond=0):
            yield f"{email.sent} to {', '.join(email.recipients)}: {email.subject}"


def _logs(testbed: RunningTestbed, since: datetime) -> Iterator[str]:
    for line in log_lines(testbed.aws, testbed.functions(), since - _MARGIN):
        yield f"{line.time:%H:%M:%S.%f} {line.function} {_shortened(line.message)}"


def _faults(testbed: RunningTestbed) -> Iterator[str]:
    for rule in testbed.faults().rules():
        yield ", ".join(f"{name}: {value}" for name, value in rule.items())


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_LENGTH else f"{line[:_TEXT_LENGTH]}…"
