"""The claims of docs/faults.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import (
    EXTENSION,
    HOPS,
    NO_CLAIM,
    NOT_TRIED,
    OF_AWS,
    SECRET,
    Claims,
    Reason,
)

_CALLS = f"{EXTENSION}/live/faults/test_calls.py"
_QUEUES = f"{EXTENSION}/live/faults/test_queues.py"
_FAULT_COMMAND = "tests/testbed/control/test_faults.py"
_SENSELESS = f"{_CALLS}::test_rule_that_makes_no_sense_is_refused"

CLAIMS: Claims = {
    "AWS's services fail now and then": OF_AWS,
    "`testbed fault` makes that happen": (f"{_FAULT_COMMAND}::test_options_make_a_rule",),
    "Whoever calls sees what it would see": (
        f"{_CALLS}::test_error_is_what_the_sdk_raises",
        f"{_CALLS}::test_throttling_is_told_in_the_service_s_own_way",
    ),
    "The list shows what each has done": (f"{_FAULT_COMMAND}::test_list_and_clear",),
    "After `testbed tick`, with a site": NO_CLAIM,
    "`2 of 9` are two calls": (f"{_FAULT_COMMAND}::test_list_and_clear",),
    "What makes no sense is": ("tests/docs/test_blocks.py::test_commands_run",),
    "or with `testbed fault clear`": (
        "tests/cli/test_faults.py::test_fault_is_added_listed_and_cleared",
    ),
    "end with the test that uses": (
        "tests/plugin/test_fixtures.py::test_emails_faults_and_waiting",
    ),
    "names the file with the [control secret]": (
        "tests/docs/test_blocks.py::test_python_runs",
        "tests/testbed/control/test_endpoint.py::test_secret_of_an_endpoint_that_was_given",
    ),
    "they end with a block": (f"{_FAULT_COMMAND}::test_what_was_added_is_removed_at_the_end",),
    "as boto3 names them": (_SENSELESS,),
    "`sqs`, `sqs.SendMessage`": (f"{_FAULT_COMMAND}::test_options_make_a_rule",),
    "for whatever else a call is about": (f"{_FAULT_COMMAND}::test_options_make_a_rule",),
    "`*` stands for anything": (f"{_CALLS}::test_rule_for_some_keys_leaves_others_alone",),
    "the name of a function;": (f"{_CALLS}::test_only_functions_calls_are_hit",),
    "`functions` for any;": (f"{_CALLS}::test_only_functions_calls_are_hit",),
    "`clients` for requests from outside": (f"{_CALLS}::test_only_functions_calls_are_hit",),
    "`events`, `scheduler`, `sns`": (f"{HOPS}::test_eventbridge_repeats_a_delivery",),
    "(`--seed` chooses the same": (f"{_CALLS}::test_share_with_a_seed_hits_the_same_calls_again",),
    "Both together": (f"{_CALLS}::test_calls_at_the_same_time_use_up_exactly_the_next_ones",),
    "Several rules may be for the same call": (
        "tests/docs/test_faults_page.py"
        "::test_rules_for_the_same_call_add_up_and_the_first_error_is_answered",
    ),
    "A rule for `lambda.Invoke` without a caller": (
        f"{HOPS}::test_rule_without_a_caller_is_for_the_call_that_brings_an_event",
    ),
    "An unknown service or operation": (_SENSELESS,),
    "of a FIFO queue: its messages": (_SENSELESS,),
    "A rule for all queues leaves FIFO": (f"{_QUEUES}::test_fifo_queue_is_left_alone",),
    "An error whose status AWS does not document": (_SENSELESS,),
    "Delays over 900 seconds": (_SENSELESS,),
    "`--kill` with another executor": Reason("needs Docker; of clients: the same test as above"),
    "adds a handler to LocalStack's chain": NO_CLAIM,
    "LocalStack serializes it": NO_CLAIM,
    "Messages are copied and held back": (
        f"{_QUEUES}::test_message_comes_twice",
        f"{_QUEUES}::test_message_is_overtaken",
    ),
    "a call costs one look": NO_CLAIM,
    "`TESTBED_FAULTS=0` leaves": NOT_TRIED,
    "Rules are added, shown and removed": (
        f"{_CALLS}::test_rules_are_listed_in_order_and_replaced_by_id",
    ),
    "Whatever changes them requires the": (
        f"{SECRET}::test_call_that_changes_something_requires_the_secret",
    ),
    "Our own pipeline is tested": (
        "tests/pipeline/test_faults.py::test_fault_on_a_hop_loses_no_alert_and_records_nothing_twice",
    ),
}
