"""The claims of docs/faults.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import (
    EXTENSION,
    NO_CLAIM,
    NOT_TRIED,
    OF_AWS,
    RETRIES,
    SECRET,
    Claims,
    Reason,
)

_CALLS = f"{EXTENSION}/live/faults/test_calls.py"
_QUEUES = f"{EXTENSION}/live/faults/test_queues.py"
_FAULTS = "tests/testbed/control/test_faults.py"
_INVALID = f"{_CALLS}::test_invalid_rule_is_rejected"
_TABLES = ("tests/docs/test_definition_tables.py::test_page_has_the_table",)

CLAIMS: Claims = {
    "AWS services occasionally fail": OF_AWS,
    "With `testbed fault` you make that happen": (f"{_FAULTS}::test_options_make_a_rule",),
    "Callers receive the same errors": (
        f"{_CALLS}::test_error_is_what_the_sdk_raises",
        f"{_CALLS}::test_throttling_error_is_that_of_the_service",
    ),
    "`testbed fault list` shows what each": (f"{_FAULTS}::test_list_and_clear",),
    "After `testbed tick`, with a website": NO_CLAIM,
    "`2 of 9` means that": (f"{_FAULTS}::test_list_and_clear",),
    "Faults last until `testbed fault clear`": (
        "tests/cli/test_faults.py::test_fault_is_added_listed_and_cleared",
    ),
    "last until the end of the test": (
        "tests/plugin/test_fixtures.py::test_emails_faults_and_waiting",
    ),
    "last until the end of a block": (
        f"{_FAULTS}::test_added_faults_are_removed_at_the_end_of_the_block",
    ),
    "must name the file with the [control secret]": (
        "tests/docs/test_blocks.py::test_python_runs",
        "tests/testbed/control/test_endpoint.py::test_secret_of_an_endpoint_that_was_given",
    ),
    "An error uses the protocol of its service": (f"{_CALLS}::test_error_is_what_the_sdk_raises",),
    "The throttling error depends on": (f"{_CALLS}::test_throttling_error_is_that_of_the_service",),
    "has the same message id": (f"{_QUEUES}::test_message_is_delivered_twice",),
    "Deleting the first copy does not": (
        f"{_QUEUES}::test_copy_and_original_are_in_flight_at_once",
    ),
    "A function is killed when its invocation": (
        f"{RETRIES}::test_function_is_killed_during_its_invocation",
    ),
    "after the call was executed and before": (f"{RETRIES}::test_function_is_killed_at_a_call",),
    "Name a service, or": (_INVALID,),
    "`sqs`, `sqs.SendMessage`": (f"{_FAULTS}::test_options_make_a_rule",),
    "Name the resource with": (f"{_FAULTS}::test_options_make_a_rule",),
    "`*` matches any text": (f"{_CALLS}::test_rule_for_some_keys_leaves_others_alone",),
    "Name the caller with `--caller`": (
        f"{_CALLS}::test_only_functions_calls_are_hit",
        f"{RETRIES}::test_eventbridge_retries_a_delivery",
    ),
    "Without `--share` and `--next`": (
        f"{_CALLS}::test_calls_at_the_same_time_use_up_exactly_the_next_ones",
    ),
    "With both, a random share": NOT_TRIED,
    "With `--seed`, the same calls": (
        f"{_CALLS}::test_share_with_a_seed_hits_the_same_calls_again",
    ),
    "If several rules match a call": (
        "tests/docs/test_faults_page.py"
        "::test_rules_for_the_same_call_add_up_and_the_first_error_is_answered",
    ),
    "These are all fields of a rule": _TABLES,
    "The options of `testbed fault add` and the methods": (
        f"{_FAULTS}::test_options_make_a_rule",
        f"{_FAULTS}::test_faults_are_put_as_rules",
    ),
    "The counter `seen`": (f"{_CALLS}::test_share_with_a_seed_hits_the_same_calls_again",),
    "A rule is `spent`": (f"{_CALLS}::test_sdk_retries_a_call_until_it_succeeds",),
    "A rule for `lambda.Invoke` without a caller": (
        f"{RETRIES}::test_rule_without_a_caller_is_for_the_call_that_sends_an_event",
    ),
    "that could never match": (_INVALID,),
    "The command exits with status 2": (
        "tests/cli/test_faults.py::test_invalid_rule_gives_one_message",
    ),
    "Services and operations must exist": (_INVALID,),
    "FIFO queues deliver each message": (_INVALID,),
    "require a standard queue": (_INVALID,),
    "A rule for all queues skips": (f"{_QUEUES}::test_fifo_queue_is_left_alone",),
    "An error code that AWS does not document": (_INVALID,),
    "`--kill` requires the Lambda executor": Reason("needs Docker; of clients: the test of rules"),
    "adds a handler to LocalStack's": NO_CLAIM,
    "Every request passes it": NO_CLAIM,
    "The handler raises": NO_CLAIM,
    "Messages are duplicated and delayed": (
        f"{_QUEUES}::test_message_is_delivered_twice",
        f"{_QUEUES}::test_message_is_delivered_after_the_next_one",
    ),
    "Functions are killed by their executor": NO_CLAIM,
    "`TESTBED_FAULTS=0` disables": NOT_TRIED,
    "Rules are added, read and removed": (
        f"{_CALLS}::test_rules_are_listed_in_order_and_replaced_by_id",
    ),
    "Changes require the": (f"{SECRET}::test_call_that_changes_something_requires_the_secret",),
    "The tests of this project's pipeline": (
        "tests/pipeline/test_faults.py::test_fault_at_a_step_loses_no_alert_and_records_nothing_twice",
    ),
}
