"""The claims of README.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import ACCESS, Claims, Reason


CLAIMS: Claims = {
    "as a plain process on 127.0.0.1": ("tests/cli/test_life.py::test_listens_on_loopback_only",),
    "any `python3` from 3.9 on": (
        "tests/cli/test_setup.py::test_the_set_up_has_the_syntax_of_python_3_9",
    ),
    "and shows how the news travels": ("tests/cli/test_demo.py::test_demo_tells_the_whole_story",),
    "`./scripts/demo --keep` leaves it running": (
        "tests/cli/test_demo.py::test_kept_demo_goes_on_until_it_is_stopped",
    ),
    "is not sent twice by overlapping runs": (
        "tests/pipeline/test_alerts.py::test_repeated_and_overlapping_runs_send_one_alert",
    ),
    "Its exit status is 1 if a delivery failed": (
        "tests/cli/test_use.py::test_advance_with_a_firing_that_fails",
    ),
    "what makes every AWS tool talk to it": (
        "tests/cli/test_use.py::test_aws_cli",
        "tests/cli/test_use.py::test_awslocal",
        "tests/cli/test_use.py::test_boto3",
    ),
    "says what fires the schedule": (
        "tests/pipeline/test_triggers.py::test_outage_is_found_by_the_next_check",
    ),
    "explains a failed test": ("tests/plugin/test_report.py::test_report_explains",),
    "find the failed run in": (
        "tests/pipeline/test_failures.py::test_failed_asynchronous_run_is_kept_with_its_reason",
    ),
    "with a filter policy on `severity`": (
        "tests/pipeline/test_alerts.py::test_subscribers_can_filter_by_attributes",
    ),
    "that [web pages cannot call]": (
        f"{ACCESS}::test_page_cannot_create_a_stack",
        f"{ACCESS}::test_page_on_another_port",
    ),
    "it puts an `aws` first on `PATH`": (
        "tests/testbed/commands/test_env.py::test_endpoint_is_passed_as_an_option",
        "tests/cli/test_use.py::test_aws_cli_with_services_whose_endpoints_it_has_in_a_table",
    ),
    "`./scripts/offline ./scripts/test` runs": Reason(
        "the tests within a test; tests/cli/test_offline.py runs README's commands this way"
    ),
    "`testbed cache` shows what is in it": (
        "tests/testbed/emulators/test_cache.py::test_command_shows_and_asks",
    ),
    "A problem (✗) stops `testbed up`": (
        "tests/cli/test_doctor.py::test_script_that_stops_the_testbed",
        "tests/testbed/doctor/test_doctor.py::test_only_problems_fail",
    ),
}
