"""The claims of docs/journal.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import DIFFERENCES, EXTENSION, NO_CLAIM, NOT_TRIED, SECRET, Claims

_JOURNAL = f"{EXTENSION}/live/journal/test_journal.py"
_JOURNAL_UNITS = "tests/extension/unit/test_journal.py"
_CHAINS = "tests/testbed/trace/test_chains.py"

CLAIMS: Claims = {
    "records every hop that happens": (
        f"{_JOURNAL}::test_chain_from_a_topic_through_a_queue_to_a_function_and_by_email",
        f"{_JOURNAL}::test_chain_from_an_event_to_a_function",
        f"{_JOURNAL}::test_chain_from_a_schedule_that_is_fired",
        f"{_JOURNAL}::test_chain_from_an_api_to_a_queue_without_a_function",
    ),
    "It is always on, knows nothing": (f"{_JOURNAL}::test_journal_can_be_switched_off",),
    "What a check of one broken site looks like": (
        "tests/cli/test_journal.py::test_trace_draws_the_chain",
    ),
    "is marked with ✗": (f"{_CHAINS}::test_hop_at_which_a_chain_stops_is_named",),
    "`nobody has received it`": (f"{_CHAINS}::test_hop_at_which_a_chain_stops_is_named",),
    "is not authorized to perform": (f"{_CHAINS}::test_hop_at_which_a_chain_stops_is_named",),
    "Names, subjects and messages come from outside": NO_CLAIM,
    "Control characters in them": (
        "tests/testbed/terminal/test_console.py::test_command_shows_what_is_hostile",
        "tests/testbed/terminal/test_console.py::test_everything_is_printed_by_the_console",
    ),
    "Each is one JSON object on one line": (
        f"{_JOURNAL_UNITS}::test_entry_is_one_line_without_what_is_empty",
    ),
    "All have these, where they are known": (
        f"{_JOURNAL}::test_call_says_what_was_asked_of_whom_and_how_it_ended",
    ),
    "Texts longer than 1,000 characters": (
        f"{_JOURNAL_UNITS}::test_entry_is_one_line_without_what_is_empty",
        f"{DIFFERENCES}::test_journal_keeps_no_body",
    ),
    "do for themselves is left out": (f"{_JOURNAL}::test_polls_for_functions_are_no_entries",),
    "A call of one service to another": (
        f"{_CHAINS}::test_calls_of_services_that_led_to_something_are_not_drawn",
    ),
    "By ids that AWS has too": (
        f"{_JOURNAL}::test_call_of_a_function_follows_from_its_invocation",
        f"{_CHAINS}::test_chain_is_tied_by_ids",
    ),
    "carries an `X-Amzn-Trace-Id`": (f"{_CHAINS}::test_call_without_a_cause_belongs_to_its_trace",),
    "An invocation for a batch": (
        f"{_CHAINS}::test_invocation_for_a_batch_is_in_the_chain_of_each_message",
    ),
    "What a client sends in a batch": NOT_TRIED,
    "Not tied are HTTP(S)": NOT_TRIED,
    "answers with NDJSON": (f"{_JOURNAL}::test_reader_chooses_kinds_and_how_many",),
    "`since` is a position, or `now`": (f"{_JOURNAL}::test_bad_query_is_refused",),
    "`kind`, `limit` and `wait`": (
        f"{_JOURNAL}::test_reader_chooses_kinds_and_how_many",
        f"{_JOURNAL}::test_reader_waits_for_the_next_entry",
    ),
    "The header `X-Testbed-Position`": (f"{_JOURNAL}::test_memory_and_files_are_limited",),
    "Reading requires no [secret]": (f"{SECRET}::test_reading_requires_no_secret",),
    "In Python:": ("tests/docs/test_blocks.py::test_python_runs",),
    "10,000 entries are kept in memory": (f"{_JOURNAL}::test_memory_and_files_are_limited",),
    "change both, or switch it off": (f"{_JOURNAL}::test_journal_can_be_switched_off",),
    "What it costs is in": NO_CLAIM,
}
