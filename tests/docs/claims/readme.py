"""The claims of README.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import ACCESS, Claims, Reason

CLAIMS: Claims = {
    "as a plain process on 127.0.0.1": ("tests/cli/test_life.py::test_listens_on_loopback_only",),
    "any `python3` from 3.9 on": (
        "tests/cli/test_setup.py::test_the_set_up_has_the_syntax_of_python_3_9",
    ),
    "shows each step that follows": ("tests/cli/test_demo.py::test_demo_tells_the_whole_story",),
    "`./scripts/demo --keep` leaves it running": (
        "tests/cli/test_demo.py::test_kept_demo_goes_on_until_it_is_stopped",
    ),
    "is not sent twice by overlapping runs": (
        "tests/pipeline/test_alerts.py::test_repeated_and_overlapping_runs_send_one_alert",
    ),
    "When a test fails, it shows each step": ("tests/plugin/test_report.py::test_report_explains",),
    "that [web pages cannot call]": (
        f"{ACCESS}/test_pages.py::test_page_cannot_create_a_stack",
        f"{ACCESS}/test_pages.py::test_page_on_another_port",
    ),
    "`./scripts/offline ./scripts/test` runs": Reason(
        "the tests within a test; tests/cli/test_offline.py runs README's commands this way"
    ),
    "A problem (✗) stops `testbed up`": (
        "tests/cli/test_doctor.py::test_script_that_stops_the_testbed",
        "tests/testbed/doctor/test_doctor.py::test_only_problems_fail",
    ),
}
