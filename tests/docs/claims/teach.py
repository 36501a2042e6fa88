"""The claims of docs/teach.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import Claims

CLAIMS: Claims = {
    "Messages in the queue are still there": (
        "tests/cli/test_failed_deployments.py::test_failed_update_keeps_messages_and_the_next_one_works",
    ),
    "find the failed run in": (
        "tests/pipeline/test_failures.py::test_failed_asynchronous_run_is_sent_to_the_destination",
    ),
    "with a filter policy on `severity`": (
        "tests/pipeline/test_alerts.py::test_subscribers_can_filter_by_attributes",
    ),
}
