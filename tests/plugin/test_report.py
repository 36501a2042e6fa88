"""The section about the testbed in a failed test's report, and ``eventually``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testbed import StillFalseError
from testbed.pytest_plugin.eventually import eventually
from tests.plugin.conftest import Project

FAILING = """
    def test_waits(stack, aws, inbox, eventually, faults, unique_name):
        aws.sns.publish(TopicArn=stack.resource("Topic"), Message="m", Subject=unique_name)
        aws.sqs.send_message(QueueUrl=stack.queues[0], MessageBody="nobody reads this")
        eventually(lambda: [m for m in inbox.emails() if m.subject == unique_name])
        faults.throttle("sqs.DeleteQueue")
        eventually(lambda: [], within=0.1, what="answer")
"""


def test_report_explains(project: Project) -> None:
    result = project.run(FAILING)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E *There was still no answer after 0.1 s. The last result was *",
            "*- testbed -*",
            "what went wrong:",
            "  ✗ *Queue*: message sent: has not been received",
            "what happened since the test began:",
            "  *sns Publish *-Topic-*",
            "  *SNS *-Topic-* → somebody@example.com",
            "  *email to somebody@example.com: test-waits-*",
            "queues:",
            "  *Queue*: 1 visible, 0 in flight, 0 delayed",
            "    nobody reads this",
            "emails:",
            "  *to somebody@example.com: test-waits-*",
            "faults:",
            "  *action: throttle, service: sqs, operation: DeleteQueue*",
        ]
    )


def test_test_without_a_testbed_has_no_report(project: Project) -> None:
    result = project.run("def test_plain(): assert False")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*- testbed -*")


def test_report_does_not_hide_the_failure(project: Project) -> None:
    result = project.run(
        """
        def test_fails(testbed):
            testbed.__dict__["journal"] = testbed.__dict__["inbox"] = None
            raise RuntimeError("the reason")
        """
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["E *RuntimeError: the reason", "what went wrong:", "  not available: AttributeError: *"]
    )


def test_eventually_returns_the_first_true_result() -> None:
    answers: Iterator[str] = iter(["", "", "yes"])
    assert eventually(lambda: next(answers)) == "yes"


def test_eventually_takes_an_assertion_error_for_not_yet() -> None:
    tries = []

    def condition() -> bool:
        tries.append(1)
        assert len(tries) > 2, "too early"
        return True

    assert eventually(condition)
    tries.clear()
    with pytest.raises(
        StillFalseError, match=r"There was still no third try after 0 s\. too early"
    ):
        eventually(condition, within=0, what="third try")


def test_eventually_raises_any_other_error() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually(lambda: 1 / 0)
