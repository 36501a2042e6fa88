"""The claims of docs/teach.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import Claims

CLAIMS: Claims = {
    "find the failed run in": (
        "tests/pipeline/test_failures.py::test_failed_asynchronous_run_is_sent_to_the_destination",
    ),
    "with a filter policy on `severity`": (
        "tests/pipeline/test_alerts.py::test_subscribers_can_filter_by_attributes",
    ),
}
