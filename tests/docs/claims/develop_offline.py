"""The claims of docs/develop-offline.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import Claims

_WATCH = "tests/cli/test_watch.py"
_WATCHING = "tests/testbed/watching"
_WEBSITES = "tests/cli/test_websites.py"

CLAIMS: Claims = {
    "They stop when the testbed stops": (
        "tests/testbed/websites/test_websites.py::test_websites_stop_with_localstack",
    ),
    "A change also applies to requests that are waiting": (
        "tests/testbed/websites/test_local_website.py::test_a_change_applies_to_requests_that_wait",
    ),
    "`testbed website add NAME` also works in an empty testbed": (
        "tests/cli/test_life.py::test_testbed_without_a_project",
    ),
    "the pipeline reads it at its next run": (f"{_WEBSITES}::test_tour_of_the_readme",),
    "It stays there until you remove it": (
        f"{_WEBSITES}::test_website_stays_in_the_list_until_it_is_removed",
    ),
    "A website with the name of an entry replaces that entry": (
        f"{_WEBSITES}::test_website_stays_in_the_list_until_it_is_removed",
    ),
    "Its exit status is 1 if a delivery failed": (
        "tests/cli/test_use.py::test_advance_with_a_firing_that_fails",
    ),
    "the variables that point every AWS tool at the testbed": (
        "tests/cli/test_use.py::test_aws_cli",
        "tests/cli/test_use.py::test_awslocal",
        "tests/cli/test_use.py::test_boto3",
    ),
    "selects the service that fires the schedule": (
        "tests/pipeline/test_triggers.py::test_outage_is_found_by_the_next_check",
    ),
    "puts an `aws` first on `PATH`": (
        "tests/testbed/commands/test_env.py::test_endpoint_is_passed_as_an_option",
        "tests/cli/test_use.py::test_aws_cli_with_services_whose_endpoints_it_has_in_a_table",
    ),
    "run on their own version of Python": (
        "tests/extension/live/lambda_executor/test_runtimes.py"
        "::test_a_real_version_is_made_ready_for_a_function_of_the_api",
    ),
    "are made for the same version": (
        "tests/testbed/deployment/test_requirements.py::test_each_runtime_has_its_own_packages",
    ),
    "then print a line for each such function": (
        "tests/cli/test_failed_deployments.py::test_what_differs_from_aws_is_listed_each_time",
    ),
    "The pytest plug-in warns of it": (
        "tests/plugin/test_fixtures.py::test_function_on_another_version_of_python_is_a_warning",
    ),
    "INIT_START in the log and `AWS_EXECUTION_ENV` name": (
        "tests/extension/live/lambda_executor/test_runtimes.py::test_python_version_of_the_runtime",
    ),
    "the testbed rejects it with the same message": (
        "tests/extension/live/lambda_executor/test_runtimes.py"
        "::test_runtime_that_aws_does_not_accept_any_more",
    ),
    "lists the runtimes whose Python is installed": (
        "tests/testbed/doctor/test_pythons.py::test_runtimes",
    ),
    "deploys each change of a file as soon as it is saved": (
        f"{_WATCH}::test_command",
        f"{_WATCH}::test_saved_code_is_live_without_a_change_set",
    ),
    "begins with a deployment of everything that has changed before": (
        f"{_WATCH}::test_what_was_changed_before_is_deployed_at_the_beginning",
    ),
    "what is deployed stays as it is until you save the next change": (
        f"{_WATCH}::test_syntax_error_is_reported_and_the_old_code_stays",
        f"{_WATCH}::test_changed_template_keeps_code_that_was_updated_directly",
        f"{_WATCH}::test_invalid_template_and_requirements_are_reported",
    ),
    "and a checkout of Git when it has ended": (
        f"{_WATCHING}/test_git_lock.py::test_what_changes_during_a_checkout_is_one_change",
    ),
    "do not count as changes": (f"{_WATCHING}/test_decision.py::test_changed_file",),
    "when nothing more has followed for a second": (
        f"{_WATCHING}/test_activity.py::test_chain_is_shown_once_when_it_is_quiet",
    ),
    "leaves them with the code in your folder": (
        f"{_WATCH}::test_deployment_restores_code_that_was_changed_outside_of_the_stack",
    ),
    "standard output has the result and nothing else": (
        "tests/cli/test_invoke.py::test_result_log_report_and_chain",
    ),
    "1 if the function failed, or Lambda did not invoke it": (
        "tests/cli/test_invoke.py::test_function_that_fails",
        "tests/cli/test_invoke.py::test_what_cannot_be_invoked",
    ),
    "The exit status is 0 if Lambda accepted the event": (
        "tests/cli/test_invoke.py::test_function_that_fails",
    ),
    "it then says what is missing": (
        "tests/testbed/trace/test_settling.py::test_what_is_still_expected_after_the_limit",
    ),
    "compares them with what the testbed delivers": (
        "tests/extension/live/samples/test_delivered_events.py"
        "::test_samples_are_like_the_events_that_are_delivered",
    ),
    "fills in what invokes the function in reality": (
        "tests/testbed/samples/test_sources.py::test_source",
        "tests/cli/test_invoke.py::test_logical_id_and_a_sample_of_its_queue",
    ),
    "`testbed cache` shows what was built": (
        "tests/testbed/machine/test_cached_builds.py::test_command_shows_and_asks",
    ),
}
