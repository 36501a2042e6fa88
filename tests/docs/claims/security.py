"""The claims of SECURITY.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import (
    ACCESS,
    ACCESS_UNITS,
    EXTENSION,
    NO_CLAIM,
    OFFLINE,
    PERMISSION_UNITS,
    PERMISSIONS_PAGE,
    SECRET,
    Claims,
    Reason,
)

_RUNTIME_API = "tests/extension/unit/test_runtime_api.py"
_ISOLATION = f"{EXTENSION}/live/lambda_executor/test_isolation.py"
_STATE = "tests/testbed/emulators/test_state_folder.py"
_LIFE = "tests/cli/test_life.py"
_OPEN = "tests/docs/test_security_page.py"
_SIGNALS = f"{EXTENSION}/live/cloudformation/test_wait_conditions.py"
_WEBSITES = "tests/testbed/websites/test_websites.py"
_ENDPOINT = "tests/testbed/control/test_endpoint.py"

_RELAY = "tests/testbed/debugger/test_relay.py"
_DEBUGGING = f"{EXTENSION}/live/lambda_executor/test_debugging.py"

CLAIMS: Claims = {
    # Debugging
    "Anyone who debugs a function can run any code": NO_CLAIM,
    "accepts an IDE only if it runs as your user": (
        f"{_RELAY}::test_other_user_is_denied",
        "tests/testbed/debugger/test_peers.py::test_owner_of_the_other_end",
        "tests/testbed/debugger/test_peers.py::test_unknown_connection",
        "tests/testbed/debugger/test_peers.py::test_own_connection",
    ),
    "proves itself with a secret": (f"{_RELAY}::test_process_without_the_secret_is_denied",),
    "it obeys nobody without another one": (
        f"{_DEBUGGING}::test_process_obeys_nobody_without_the_token",
    ),
    "Starting to debug requires the control secret": (
        f"{_DEBUGGING}::test_debugging_requires_the_control_secret",
    ),
    "debugging ends with the command": (f"{_DEBUGGING}::test_killed_client_ends_debugging",),
    "The testbed is a development tool": NO_CLAIM,
    "listens on 127.0.0.1 only": (
        f"{_LIFE}::test_listens_on_loopback_only",
        f"{EXTENSION}/live/lifecycle/test_gateway.py::test_other_addresses_of_the_machine_are_closed",
    ),
    "This page says what is protected from whom": NO_CLAIM,
    # What is protected
    "Requests without a signature are anonymous": (
        f"{PERMISSION_UNITS}::test_anonymous_principal",
        f"{ACCESS}/test_signatures.py::test_queue_that_is_open_to_everybody",
    ),
    "all others are rejected": (
        f"{ACCESS}/test_signatures.py::test_without_signature",
        f"{ACCESS}/test_signatures.py::test_operation_that_requires_no_signature",
    ),
    "has the details": NO_CLAIM,
    "Requests get status 403 on every path unless": (
        f"{ACCESS}/test_hosts.py::test_host_that_others_can_point_here",
        f"{ACCESS}/test_hosts.py::test_host_is_a_custom_domain",
        f"{ACCESS_UNITS}::test_own_names",
        f"{ACCESS_UNITS}::test_other_names",
    ),
    "`TESTBED_ALLOWED_HOSTS` allows further names": (
        f"{ACCESS}/test_hosts.py::test_host_that_is_allowed",
    ),
    "sent by a page of another origin are rejected": (
        f"{ACCESS_UNITS}::test_foreign",
        f"{ACCESS}/test_pages.py::test_page_cannot_create_a_stack",
        f"{ACCESS}/test_pages.py::test_page_cannot_post_a_signed_form",
        f"{ACCESS}/test_hosts.py::test_websocket_of_a_foreign_page",
    ),
    "Exceptions are API stages": (
        f"{ACCESS}/test_public_endpoints.py::test_stage_is_open_to_pages",
        f"{ACCESS}/test_public_endpoints.py::test_function_urls",
        f"{ACCESS}/test_buckets.py::test_website_is_open_to_pages",
        f"{ACCESS}/test_pages.py::test_link_in_an_email",
        f"{ACCESS}/test_buckets.py::test_bucket_open_to_an_origin",
    ),
    "No other origin is allowed by default": (
        f"{ACCESS}/test_pages.py::test_no_foreign_origin_is_built_in",
        f"{ACCESS}/test_pages.py::test_page_on_another_port",
    ),
    "`EXTRA_CORS_ALLOWED_ORIGINS` allows your own": (
        f"{ACCESS}/test_pages.py::test_own_page_and_allowed_page",
    ),
    "require the header `X-Testbed-Secret`": (
        f"{SECRET}::test_call_that_changes_something_requires_the_secret",
        f"{SECRET}::test_call_with_the_secret_is_carried_out",
        f"{SECRET}::test_reading_requires_no_secret",
        f"{SECRET}::test_stages_of_apis_require_no_secret",
    ),
    "These are all requests below": (
        f"{SECRET}::test_call_that_changes_something_requires_the_secret",
        f"{SECRET}::test_reading_requires_no_secret",
        f"{SECRET}::test_stages_of_apis_require_no_secret",
    ),
    "Each start generates a new secret": (
        f"{SECRET}::test_each_start_makes_a_secret_that_only_its_owner_may_read",
        f"{_LIFE}::test_files_are_private_and_gone_after_down",
        f"{_ENDPOINT}::test_secret_of_a_container_is_read_in_it",
    ),
    "The `testbed` command and the pytest plug-in read and send": (
        f"{_LIFE}::test_clock_of_another_user_cannot_be_moved",
        "tests/plugin/test_fixtures.py::test_emails_faults_and_waiting",
        f"{_ENDPOINT}::test_secret_of_what_testbed_up_has_started_in_the_project",
    ),
    "If `--endpoint-url` names an emulator": (
        f"{_ENDPOINT}::test_secret_of_an_endpoint_that_was_given",
        f"{_ENDPOINT}::test_missing_secret_says_where_it_is_and_how_to_give_it",
    ),
    "turns this protection off": (f"{SECRET}::test_switched_off_no_call_requires_the_secret",),
    "In other programs": ("tests/docs/test_blocks.py::test_commands_run",),
    "LocalStack recognizes calls between its own services": (
        f"{ACCESS}/test_signatures.py::test_request_that_says_it_is_internal",
    ),
    "the header is accepted only with a token": (
        f"{ACCESS}/test_signatures.py::test_request_that_says_it_is_internal",
    ),
    "Custom resources and wait conditions of CloudFormation": (
        f"{_SIGNALS}::test_the_stack_waits_for_all_signals",
    ),
    "Other tokens are rejected": (f"{_SIGNALS}::test_the_stack_waits_for_all_signals",),
    "Each execution environment has a Runtime API": (
        f"{_RUNTIME_API}::test_request_of_a_web_page",
    ),
    "It rejects requests whose `Host` is not": (f"{_RUNTIME_API}::test_request_of_a_web_page",),
    "Anyone who can reach the port of a website": (f"{_WEBSITES}::test_life_of_websites",),
    "To add, change or remove a website": (
        f"{_WEBSITES}::test_only_the_owner_of_the_state_folder_has_control",
    ),
    "Only its owner can enter the state folder": (
        f"{_STATE}::test_state_folder_is_closed_to_others",
        f"{_STATE}::test_state_folder_of_an_earlier_version_is_tightened",
        f"{_LIFE}::test_files_are_private_and_gone_after_down",
    ),
    "It holds the secret, the key": (f"{_LIFE}::test_files_are_private_and_gone_after_down",),
    "removes all of them except LocalStack's log": (
        f"{_LIFE}::test_files_are_private_and_gone_after_down",
    ),
    "Other users cannot write to the cache folder": (
        f"{_STATE}::test_cache_folder_is_not_writable_by_others",
    ),
    "When a test run is killed": (f"{_LIFE}::test_localstack_of_a_test_run_that_is_killed",),
    # What is not protected
    "Other users of the same machine can call": (
        f"{PERMISSIONS_PAGE}::test_signature_is_not_verified",
    ),
    "They can also read the inbox": (f"{SECRET}::test_reading_requires_no_secret",),
    "If you do not trust the other users": NO_CLAIM,
    "Pages that LocalStack itself serves": (
        f"{ACCESS}/test_pages.py::test_own_page_and_allowed_page",
    ),
    "Do not open HTML from there": NO_CLAIM,
    "Browsers from before March 2023": Reason(
        "the browsers' documentation, which localstack_testbed/access/sites.py links to"
    ),
    "There, a page that also suppresses": (f"{ACCESS_UNITS}::test_not_foreign",),
    "It cannot read the responses": Reason("the browser's same-origin policy"),
    "Other users of the same machine, and other functions": Reason(
        "the Runtime API requires no credentials, on AWS neither"
    ),
    "The token of `AssumeRoleWithWebIdentity`": Reason(
        "tried by hand with a token that was made up"
    ),
    "Signatures are not verified": (f"{PERMISSIONS_PAGE}::test_signature_is_not_verified",),
    "Without user namespaces": (f"{_ISOLATION}::test_paths_without_isolation",),
    "`testbed doctor` says whether": ("tests/testbed/doctor/test_machine.py::test_isolation",),
    "Functions can connect to every port": (
        "tests/pipeline/test_triggers.py::test_outage_is_found_by_the_next_check",
    ),
    "LocalStack itself connects to no other machine": (
        f"{OFFLINE}::test_localstack_calls_no_other_machine",
    ),
    "With `docker/lambda-containers.yml`, anyone": (
        "tests/compose/test_compose_up.py"
        "::test_override_mounts_the_socket_for_containers_of_functions",
    ),
    "The certificate is self-signed": (f"{_OPEN}::test_certificate_is_self_signed",),
    "Traffic is not encrypted": NO_CLAIM,
    "The secret keeps out other users and web pages": (
        f"{SECRET}::test_each_start_makes_a_secret_that_only_its_owner_may_read",
    ),
    "A LocalStack that is not release 2026.3.0": (
        f"{EXTENSION}/live/hooks/test_release.py::test_extension_warns_and_stays_off",
    ),
    # Report a vulnerability
    "Please do not open a public issue": NO_CLAIM,
    "Report it as a private security advisory": NO_CLAIM,
    "Include the version": NO_CLAIM,
}
