"""The claims of docs/journal.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import DIFFERENCES, EXTENSION, NO_CLAIM, NOT_TRIED, SECRET, Claims

_JOURNAL = f"{EXTENSION}/live/journal/test_journal.py"
_JOURNAL_UNITS = "tests/extension/unit/test_journal.py"
_CHAINS = "tests/testbed/trace/test_chains.py"
_NEWEST = "tests/testbed/trace/test_newest.py"
_TABLES = ("tests/docs/test_definition_tables.py::test_page_has_the_table",)

CLAIMS: Claims = {
    "and where it stopped": (f"{_CHAINS}::test_step_at_which_a_chain_stops_is_named",),
    "records each API call, delivery": (
        f"{_JOURNAL}::test_chain_from_a_topic_through_a_queue_to_a_function_and_by_email",
        f"{_JOURNAL}::test_chain_from_an_event_to_a_function",
        f"{_JOURNAL}::test_chain_from_a_schedule_that_is_fired",
        f"{_JOURNAL}::test_chain_from_an_api_to_a_queue_without_a_function",
    ),
    "It needs no configuration": (f"{_JOURNAL}::test_journal_can_be_switched_off",),
    "after a check of a website that is down": (
        "tests/cli/test_journal.py::test_trace_draws_the_chain",
    ),
    "shows the newest chain, wherever it ended": (
        f"{_NEWEST}::test_single_steps_that_are_chains",
        "tests/cli/test_journal.py::test_trace_without_an_id_draws_the_newest_chain",
    ),
    "It waits for up to 15 seconds": (
        f"{_NEWEST}::test_newest_chain_is_awaited",
        "tests/testbed/trace/test_settling.py::test_retries_are_awaited_only_if_asked_for",
    ),
    "if the chain is not complete then": (
        f"{_NEWEST}::test_newer_chains_and_those_that_grow_on_are_told",
    ),
    "A chain of a schedule starts at the schedule": (
        f"{_JOURNAL}::test_chain_from_a_rule_that_is_fired",
        f"{_JOURNAL}::test_chain_from_a_schedule_that_is_fired",
    ),
    "is marked with ✗": (f"{_CHAINS}::test_step_at_which_a_chain_stops_is_named",),
    "`has not been received`": (f"{_CHAINS}::test_step_at_which_a_chain_stops_is_named",),
    "is not authorized to perform": (f"{_CHAINS}::test_step_at_which_a_chain_stops_is_named",),
    "Names, subjects and messages come from outside": NO_CLAIM,
    "All commands print control characters": (
        "tests/testbed/terminal/test_console.py::test_command_shows_what_is_hostile",
        "tests/testbed/terminal/test_console.py::test_everything_is_printed_by_the_console",
    ),
    "Each entry is a JSON object on one line": (
        f"{_JOURNAL_UNITS}::test_entry_is_one_line_without_what_is_empty",
    ),
    "It has these fields, where they apply": _TABLES,
    "Each kind has further fields": _TABLES,
    "Texts are cut off after 1,000 characters": (
        f"{_JOURNAL_UNITS}::test_entry_is_one_line_without_what_is_empty",
    ),
    "Bodies of messages and requests": (f"{DIFFERENCES}::test_journal_keeps_no_body",),
    "do internally is left out": (f"{_JOURNAL}::test_polls_for_functions_add_no_entries",),
    "A call of one service to another": (
        f"{_CHAINS}::test_calls_of_services_that_led_to_something_are_not_drawn",
    ),
    "by ids that AWS has too": (f"{_CHAINS}::test_chain_is_linked_by_ids",),
    "calls are linked to its invocation": (
        f"{_JOURNAL}::test_call_of_a_function_follows_from_its_invocation",
    ),
    "that has an `X-Amzn-Trace-Id`": (
        f"{_CHAINS}::test_call_without_a_cause_belongs_to_its_trace",
    ),
    "An invocation for a batch": (
        f"{_CHAINS}::test_invocation_for_a_batch_is_in_the_chain_of_each_message",
    ),
    "Messages that a client sends in a batch": NOT_TRIED,
    "Not linked are HTTP(S)": NOT_TRIED,
    "responds with NDJSON": (f"{_JOURNAL}::test_reader_chooses_kinds_and_how_many",),
    "`since` is a position, or `now`": (f"{_JOURNAL}::test_invalid_query_is_rejected",),
    "`kind` and `limit` select": (f"{_JOURNAL}::test_reader_chooses_kinds_and_how_many",),
    "`wait` waits for a new entry": (f"{_JOURNAL}::test_reader_waits_for_the_next_entry",),
    "The header `X-Testbed-Position`": (f"{_JOURNAL}::test_memory_and_files_are_limited",),
    "Reading requires no [secret]": (f"{SECRET}::test_reading_requires_no_secret",),
    "In Python:": ("tests/docs/test_blocks.py::test_python_runs",),
    "LocalStack keeps the last 10,000": (f"{_JOURNAL}::test_memory_and_files_are_limited",),
    "change these limits or disable": (f"{_JOURNAL}::test_journal_can_be_switched_off",),
    "measure its cost": NO_CLAIM,
}
