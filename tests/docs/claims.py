"""What shows the claims of the pages that are claims throughout: a test for each sentence.

A key is words of the page; the value names tests, as ``path::name``, or is a ``Reason`` why there
is no test. ``test_claims`` fails for a sentence without a key, so that a new claim gets a test.
"""

from __future__ import annotations


class Reason(str):
    """Why a sentence has no test."""

    __slots__ = ()


_NO_CLAIM = Reason("says nothing of the testbed that could be true or not")
_OF_AWS = Reason("AWS's own documentation, which the sentence links to or which says nothing")
_READ = Reason("read in LocalStack's source, and not run")

_DIFFERENCES = "tests/docs/test_differences.py"
_EXTENSION = "tests/extension"
_RULES = f"{_EXTENSION}/live/schedules/test_rules.py"
_SCHEDULER = f"{_EXTENSION}/live/schedules/test_scheduler.py"
_TARGETS = f"{_EXTENSION}/live/schedules/test_targets.py"
_HOPS = f"{_EXTENSION}/live/faults/test_hops.py"
_ASYNCHRONOUS = f"{_EXTENSION}/live/lambda_service/test_asynchronous_invocation.py"
_CLOCK_COMMAND = "tests/testbed/control/test_clock.py"
_PACKAGING = "tests/testbed/deployment/test_packaging.py"
_PERMISSIONS = "tests/pipeline/test_permissions.py"
_ACCESS = f"{_EXTENSION}/live/access/test_access.py"
_RUNTIME_API = "tests/extension/unit/test_runtime_api.py"
_ACCESS_UNITS = "tests/extension/unit/test_access.py"
_SURROUNDINGS = f"{_EXTENSION}/live/lambda_executor/test_surroundings.py"
_ISOLATION = f"{_EXTENSION}/live/lambda_executor/test_isolation.py"
_OFFLINE = f"{_EXTENSION}/live/lifecycle/test_offline.py"
_SECRET = f"{_EXTENSION}/live/access/test_control_secret.py"
_STATE = "tests/testbed/emulators/test_state_folder.py"
_LIFE = "tests/cli/test_life.py"
_BY_HAND = "tests/docs/test_permissions_page.py"
_CONFIRMATION = f"{_EXTENSION}/live/sns/test_confirmation.py"

FIDELITY: dict[str, Reason | tuple[str, ...]] = {
    "AWS's documentation is the specification": _NO_CLAIM,
    "where the testbed does not follow it": _NO_CLAIM,
    "each fix has a test": (
        "tests/docs/test_settings.py::test_every_setting_of_the_extension_is_documented",
    ),
    "The pipeline's tests run on": ("tests/plugin/test_targets.py::test_every_name_is_a_target",),
    # Schedules
    "by a clock that `testbed clock advance` moves": (
        "tests/cli/test_use.py::test_clock_and_its_advance",
    ),
    "It moves nothing else": (f"{_DIFFERENCES}::test_clock_leaves_visibility_timeouts_alone",),
    "LocalStack's next start is in real time": (f"{_DIFFERENCES}::test_new_clock_is_in_real_time",),
    "fires in the second in which it is due": (
        f"{_EXTENSION}/unit/schedules/test_engine.py::test_entry_fires_at_its_due_times_and_not_before",
        f"{_SCHEDULER}::test_schedule_fires_in_real_time_and_not_before",
    ),
    "AWS promises a rule's minute only": _OF_AWS,
    "while the machine slept fires once": (
        f"{_EXTENSION}/unit/schedules/test_engine.py"
        "::test_due_time_that_passed_while_nothing_could_run_is_made_up_for_once",
    ),
    "A flexible time window": (
        f"{_SCHEDULER}::test_flexible_schedule_fires_at_one_moment_of_its_window",
    ),
    "A rate begins anew": (
        f"{_RULES}::test_changed_expression_counts_anew",
        f"{_RULES}::test_disabled_rule_does_not_fire_until_it_is_enabled",
        f"{_SCHEDULER}::test_updated_schedule_fires_as_it_is_now",
        f"{_SCHEDULER}::test_disabled_schedule_does_not_fire_until_it_is_enabled",
    ),
    "AWS does not say what it does": _OF_AWS,
    "is tried again after a second": (
        f"{_TARGETS}::test_failed_call_is_repeated_until_its_attempts_are_exhausted",
        f"{_HOPS}::test_eventbridge_repeats_a_delivery",
    ),
    "AWS's pauses are longer": _OF_AWS,
    "At most 10,000 deliveries of matched events": (
        f"{_DIFFERENCES}::test_numbers_that_the_page_names",
    ),
    "Scheduler calls functions, queues, topics": (
        f"{_TARGETS}::test_function_is_invoked_asynchronously",
        f"{_TARGETS}::test_message_is_sent_to_a_queue",
        f"{_TARGETS}::test_message_is_published_to_a_topic",
        f"{_TARGETS}::test_event_is_put_on_a_bus",
        f"{_TARGETS}::test_universal_target_calls_any_action",
        f"{_DIFFERENCES}::test_other_targets_of_scheduler_fail",
    ),
    "`testbed tick` fires a rule or schedule also if it is disabled": (
        f"{_DIFFERENCES}::test_disabled_rule_is_fired_by_hand_and_its_next_time_stays",
        f"{_RULES}::test_rule_is_fired_by_hand",
    ),
    "There is no such thing on AWS": _OF_AWS,
    "`tick` and `clock` refuse other endpoints": (
        f"{_CLOCK_COMMAND}::test_endpoint_without_a_clock",
    ),
    # Permissions
    "Roles' and resources' policies are enforced": (
        f"{_PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
        f"{_DIFFERENCES}::test_pass_role_is_not_enforced",
    ),
    "Changes of policies hold at once": (
        f"{_PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "are anonymous, with `ENFORCE_IAM=1`": (f"{_ACCESS}::test_without_signature",),
    "A topic's policy can allow them": (f"{_BY_HAND}::test_topic_that_is_open_to_everybody",),
    "AWS documents that of queues and buckets": _OF_AWS,
    "AWS answers pages of all origins": _OF_AWS,
    "Here [they are rejected]": (f"{_ACCESS}::test_page_on_another_port",),
    "its CORS configuration also has to allow": (
        f"{_ACCESS}::test_bucket_open_to_an_origin",
        f"{_ACCESS}::test_bucket_without_rules",
    ),
    "AWS takes a form with a valid policy": _OF_AWS,
    "Malformed requests get the client's errors": (
        f"{_ACCESS}::test_malformed_json",
        f"{_ACCESS}::test_message_attribute_without_data_type",
        f"{_EXTENSION}/live/requests/test_hostile_requests.py::test_nothing_is_an_internal_error",
    ),
    # Topics
    "SNS repeats deliveries by AWS's": (
        f"{_HOPS}::test_sns_repeats_a_delivery_at_once",
        f"{_HOPS}::test_sns_goes_on_after_pauses",
        "tests/extension/unit/test_delivery_policies.py::test_endpoints_at_aws",
    ),
    "At most 10,000 deliveries wait": (f"{_DIFFERENCES}::test_numbers_that_the_page_names",),
    "Deliveries to HTTP(S) endpoints and of FIFO topics": _READ,
    # Email
    "Emails lie in an inbox": ("tests/cli/test_use.py::test_inbox",),
    "The links in them": (
        f"{_CONFIRMATION}::test_a_email_asks_for_the_confirmation",
        f"{_EXTENSION}/live/sns/test_email_messages.py::test_link_in_the_footer_unsubscribes",
    ),
    "AWS shows a page": _OF_AWS,
    "A subscription that nobody confirms stays pending": (
        f"{_CONFIRMATION}::test_nothing_is_sent_before_the_link_is_followed",
    ),
    "it after some days": _OF_AWS,
    "`AuthenticateOnUnsubscribe` changes nothing": (
        f"{_DIFFERENCES}::test_authentication_on_unsubscribe_changes_nothing",
    ),
    "deletes the emails whose links it follows": (
        "tests/cli/test_use.py::test_confirmation_of_a_subscription",
        "tests/plugin/test_fixtures.py::test_emails_faults_and_waiting",
    ),
    # Limits
    "of sizes, numbers and ranges are AWS's": (
        f"{_EXTENSION}/live/limits/test_limits.py::test_attributes_of_queues",
        f"{_EXTENSION}/live/limits/test_limits.py::test_settings_of_functions",
    ),
    "Those of a queue's policy": (
        f"{_DIFFERENCES}::test_policy_of_a_queue_may_be_longer",
        f"{_DIFFERENCES}::test_event_pattern_may_be_longer",
        "tests/template/test_template_limits.py::test_sizes",
    ),
    "`tests/template/test_template_limits.py` checks": (
        "tests/template/test_template_limits.py::test_sizes",
    ),
    "Rates are not limited": (f"{_DIFFERENCES}::test_rates_are_not_limited",),
    "`PurgeQueue` may be repeated": (
        f"{_DIFFERENCES}::test_queue_is_purged_twice_and_made_again_at_once",
    ),
    "above 256 KiB takes": (f"{_DIFFERENCES}::test_topic_for_large_messages_takes_any_protocol",),
    # Functions
    "See [what a process cannot do]": _NO_CLAIM,
    "functions see the machine's network and have all its cores": (
        f"{_DIFFERENCES}::test_function_has_all_cores",
        f"{_EXTENSION}/live/lambda_executor/test_isolation.py::test_places_without_isolation",
    ),
    "In [a container](docker.md) they see one another's": Reason(
        "Docker has no user namespaces here"
    ),
    "in functions never call AWS": (
        f"{_SURROUNDINGS}::test_clients_do_not_call_aws",
        f"{_SURROUNDINGS}::test_old_sdk_in_the_bundle_does_not_call_aws",
    ),
    "So do those of aiobotocore": Reason("neither is in the runtime; the sentence says so"),
    "Interpreters that a function starts do the same": (
        f"{_SURROUNDINGS}::test_clients_in_a_new_interpreter_do_not_call_aws",
    ),
    "What is no SDK": Reason("the tests have no network"),
    "The SDK in the runtime is boto3": (
        f"{_DIFFERENCES}::test_sdk_in_the_runtime_is_the_one_that_the_page_names",
    ),
    "AWS updates the one in its runtime": _OF_AWS,
    "A message that fails comes back": (
        f"{_EXTENSION}/live/lambda_service/test_event_source_mapping.py"
        "::test_failed_message_comes_again_after_the_visibility_timeout",
    ),
    "At most 32 asynchronous events": (
        f"{_DIFFERENCES}::test_numbers_that_the_page_names",
        f"{_ASYNCHRONOUS}::test_many_events_run_at_once_and_survive_an_update",
    ),
    "Waiting events are lost when LocalStack ends": (
        f"{_ASYNCHRONOUS}::test_event_that_would_get_too_old_is_given_up",
    ),
    "S3 as an [on-failure destination]": (f"{_DIFFERENCES}::test_bucket_is_no_destination",),
    "have no name here": (
        f"{_EXTENSION}/live/lambda_service/test_urls.py::test_host_is_like_that_on_aws",
    ),
    "ID.lambda-url.us-east-1": (f"{_EXTENSION}/live/lambda_service/test_urls.py::test_event",),
    "`AWS_IAM` requires a signature": (f"{_ACCESS}::test_function_urls",),
    "`Cors` and streaming were not looked at": _NO_CLAIM,
    "of exactly 1.0 is": (f"{_DIFFERENCES}::test_weights_of_an_alias",),
    "`UpdateAlias` with a `RoutingConfig`": (f"{_DIFFERENCES}::test_weights_of_an_alias",),
    "keeps to 5 batches at once": (
        f"{_EXTENSION}/live/lambda_service/test_event_source_batches.py::test_batches_at_once",
    ),
    "AWS ramps up": _OF_AWS,
    "Groups of a FIFO queue": (
        f"{_EXTENSION}/live/lambda_service/test_event_source_batches.py::test_fifo_group_is_processed_one_by_one",
    ),
    "[Metrics](": _NO_CLAIM,
    "`ConcurrentExecutions` has samples": (
        f"{_EXTENSION}/live/lambda_service/test_metrics.py::test_most_concurrent_executions",
    ),
    "There are none of provisioned concurrency": _READ,
    "A request for percentiles": (f"{_DIFFERENCES}::test_percentiles_cannot_be_asked_for",),
    "Not documented by AWS, so possibly different": (
        f"{_EXTENSION}/live/lambda_service/test_versions.py::test_version_of_an_alias_cannot_be_deleted",
        f"{_EXTENSION}/live/lambda_service/test_urls.py::test_url_without_concurrency_is_throttled",
        f"{_ASYNCHRONOUS}::test_event_is_given_up_at_once_without_concurrency",
    ),
    # API Gateway
    "The API's address is": (f"{_DIFFERENCES}::test_address_of_the_api",),
    "On AWS it is the stack output": _OF_AWS,
    "CloudFormation leaves out the `MethodSettings`": (
        f"{_DIFFERENCES}::test_settings_of_a_stage_in_a_template_are_left_out",
    ),
    "What `UpdateStage` sets": (f"{_DIFFERENCES}::test_rates_are_not_limited",),
    "A body sent as `application/x-www-form-urlencoded`": (
        f"{_DIFFERENCES}::test_form_does_not_arrive_unchanged",
    ),
    "Say `-H": (f"{_DIFFERENCES}::test_form_does_not_arrive_unchanged",),
    # CloudFormation
    "An unchanged template gives a failed change set": (
        f"{_EXTENSION}/live/cloudformation/test_unchanged_templates.py::test_what_has_not_changed_is_refused",
    ),
    "are checked by `testbed`": (
        "tests/testbed/project/test_template.py::test_values_that_a_template_does_not_allow",
    ),
    "LocalStack itself takes any value": (
        f"{_DIFFERENCES}::test_localstack_takes_any_value_of_a_parameter_and_keeps_retention",
    ),
    "`RetentionInDays` of a log group": (
        f"{_DIFFERENCES}::test_localstack_takes_any_value_of_a_parameter_and_keeps_retention",
    ),
    "Nothing is rolled back when an update fails": _READ,
    # Storage
    "S3's conditional writes": (f"{_DIFFERENCES}::test_conditional_writes",),
    "Nothing expires": _READ,
    "CloudFormation leaves out a bucket's": (
        f"{_DIFFERENCES}::test_lifecycle_rules_in_a_template_are_left_out",
        f"{_DIFFERENCES}::test_lifecycle_rules_of_the_api_are_stored",
    ),
    # Deployment packages
    "without what its list of excluded files names": (
        f"{_PACKAGING}::test_package_leaves_out_what_sam_leaves_out",
    ),
    "which `sam build` leaves out of functions": (
        f"{_PACKAGING}::test_package_leaves_out_what_sam_leaves_out",
    ),
    # Services
    "LocalStack contacts nobody": (f"{_OFFLINE}::test_localstack_contacts_nobody",),
    "answer with status 501, and say what they need": (
        f"{_OFFLINE}::test_service_that_is_not_installed",
        f"{_OFFLINE}::test_resource_of_a_service_that_is_not_installed",
    ),
    "allows LocalStack's downloads": Reason("the tests have no network"),
}

_PERMISSION_UNITS = "tests/extension/unit/test_permissions.py"
_NOT_TRIED = Reason("not tried")

PERMISSIONS: dict[str, Reason | tuple[str, ...]] = {
    "Everything is green on the emulator": _NO_CLAIM,
    "a call is carried out only if policies allow it": (
        f"{_BY_HAND}::test_user_is_bound_and_the_account_is_not",
    ),
    "the container and the tests do so by default": (
        f"{_PERMISSIONS}::test_promises_are_kept_and_everything_allowed_is_used",
    ),
    "ENFORCE_IAM=0` is LocalStack as it was": (
        "tests/extension/live/lambda_executor/test_environment_lifecycle.py::test_environment_is_reused",
    ),
    "*Never used* are candidates": ("tests/cli/test_aws_target.py::test_permissions_are_shown",),
    "`--reset` sets all counts to zero": (
        "tests/cli/test_aws_target.py::test_permissions_are_shown",
    ),
    "The counts are kept by the extension": _NO_CLAIM,
    "has no unnecessary permissions": (
        f"{_PERMISSIONS}::test_promises_are_kept_and_everything_allowed_is_used",
    ),
    "take each action on": (
        f"{_PERMISSIONS}::test_nothing_in_the_template_is_forgotten",
        f"{_PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "a promise of the pipeline is broken": (
        f"{_PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "took 23 µs": Reason("measured once"),
    "Nothing is decided about your own calls": (
        f"{_BY_HAND}::test_user_is_bound_and_the_account_is_not",
    ),
    "an explicit deny wins": (
        f"{_PERMISSION_UNITS}::test_deny_in_a_resource_policy_wins",
        f"{_PERMISSION_UNITS}::test_resource_policy_allows_by_itself_in_its_account",
        f"{_PERMISSION_UNITS}::test_across_accounts_both_have_to_allow",
    ),
    "Conditions know all operators": (f"{_PERMISSION_UNITS}::test_conditions",),
    "Some things are checked before": _NO_CLAIM,
    "`CreateFunction` requires a role": (
        f"{_BY_HAND}::test_role_of_a_function_has_to_trust_lambda",
        f"{_BY_HAND}::test_role_of_a_function_has_to_allow_what_lambda_does_for_it",
        f"{_BY_HAND}::test_role_of_a_schedule_has_to_trust_scheduler",
    ),
    "A missing S3 object is `403`": (
        f"{_BY_HAND}::test_missing_object_is_403_without_the_right_to_list",
    ),
    "Actions, resources and condition keys are known": _NOT_TRIED,
    "A call of another service is its operation": (
        f"{_BY_HAND}::test_call_of_a_service_that_is_not_known",
    ),
    "`iam:PassRole`, tags": (f"{_DIFFERENCES}::test_pass_role_is_not_enforced",),
    "Services calling services other than": _NOT_TRIED,
    # Requests without a signature
    "They are anonymous, as on AWS": (
        f"{_ACCESS}::test_without_signature",
        f"{_PERMISSION_UNITS}::test_anonymous_principal",
    ),
    "A bucket's, a queue's or a topic's policy can allow them": (
        f"{_ACCESS}::test_public_bucket",
        f"{_ACCESS}::test_public_object",
        f"{_ACCESS}::test_queue_that_is_open_to_everybody",
        f"{_BY_HAND}::test_topic_that_is_open_to_everybody",
        f"{_BY_HAND}::test_new_bucket_blocks_public_access",
    ),
    "are open unless their authorization is `AWS_IAM`": (
        f"{_ACCESS}::test_stage_is_open_to_pages",
        f"{_ACCESS}::test_method_that_requires_a_signature",
        f"{_ACCESS}::test_function_urls",
    ),
    "Everything else gets status 403": (f"{_ACCESS}::test_without_signature",),
    "`MissingAuthenticationToken`, in JSON": (f"{_ACCESS}::test_without_signature",),
    "header that is no signature gets": (f"{_ACCESS}::test_incomplete_signature",),
    "What AWS itself carries out unsigned stays open": (
        f"{_ACCESS}::test_operation_that_requires_no_signature",
    ),
    "`AssumeRoleWithWebIdentity` and the like": (
        f"{_ACCESS}::test_operation_that_requires_no_signature",
        f"{_ACCESS}::test_link_in_an_email",
    ),
    "A presigned URL or form is a request of": (
        f"{_ACCESS}::test_presigned_url_and_form",
        f"{_BY_HAND}::test_presigned_url_allows_what_its_signer_may_do",
    ),
    "To call an operation with curl": (f"{_BY_HAND}::test_curl_signs_requests",),
    "`curl --aws-sigv4": (f"{_BY_HAND}::test_curl_signs_requests",),
    # Who may call at all
    "These rules hold on every path and for signed requests too": (
        f"{_ACCESS}::test_host_that_others_can_point_here",
        f"{_ACCESS}::test_signed_request_to_another_host",
        f"{_ACCESS}::test_rules_hold_also_without_permissions",
    ),
    "They are for web pages": _NO_CLAIM,
    "a message that names the setting": (
        f"{_ACCESS}::test_host_that_others_can_point_here",
        f"{_ACCESS}::test_page_is_told_the_setting",
    ),
    "says what else is protected": _NO_CLAIM,
    "**The Host** must be a name": (
        f"{_ACCESS_UNITS}::test_own_names",
        f"{_ACCESS_UNITS}::test_other_names",
        f"{_ACCESS_UNITS}::test_names_that_come_and_go",
        f"{_ACCESS}::test_host_is_a_custom_domain",
    ),
    "**A page of another origin** is rejected": (
        f"{_ACCESS_UNITS}::test_foreign",
        f"{_ACCESS}::test_page_cannot_create_a_stack",
        f"{_ACCESS}::test_page_cannot_post_a_signed_form",
    ),
    "Another port of this machine is another origin": (f"{_ACCESS}::test_page_on_another_port",),
    "`EXTRA_CORS_ALLOWED_ORIGINS` allows further ones": (
        f"{_ACCESS}::test_own_page_and_allowed_page",
    ),
    "LocalStack's own (`app.localstack.cloud`": (f"{_ACCESS}::test_no_foreign_origin_is_built_in",),
    "Open to every page are": (
        f"{_ACCESS}::test_stage_is_open_to_pages",
        f"{_ACCESS}::test_function_urls",
        f"{_ACCESS}::test_website_is_open_to_pages",
        f"{_ACCESS}::test_link_in_an_email",
        f"{_ACCESS}::test_bucket_open_to_an_origin",
        f"{_ACCESS}::test_host_of_a_stage_opens_nothing_else",
    ),
    "A browser that says none of the three": (
        f"{_ACCESS_UNITS}::test_foreign",
        f"{_ACCESS_UNITS}::test_not_foreign",
    ),
    "`testbed up --env TESTBED_ALLOWED_HOSTS": (f"{_ACCESS}::test_host_that_is_allowed",),
    "A request costs this": Reason("measured once"),
    # What is not enforced
    "Signatures are required, not checked": (f"{_BY_HAND}::test_signature_is_not_checked",),
    "`S3_SKIP_SIGNATURE_VALIDATION=0` checks": _READ,
    "a function URL with `AWS_IAM` may call it": (
        f"{_ACCESS}::test_method_that_requires_a_signature",
        f"{_ACCESS}::test_function_urls",
    ),
    "role is checked when": (
        f"{_BY_HAND}::test_role_of_a_function_has_to_allow_what_lambda_does_for_it",
    ),
    "An update fails with an internal error": (
        f"{_BY_HAND}::test_update_of_a_mapping_whose_role_may_not_read_the_queue",
    ),
    "`aws:SecureTransport` is always true": (f"{_BY_HAND}::test_transport_is_secure",),
    "Messages for rejected destinations": _NO_CLAIM,
    "Credentials of `GetSessionToken`": _NOT_TRIED,
    "stay valid after their time is over": _NOT_TRIED,
}

_JOURNAL = f"{_EXTENSION}/live/journal/test_journal.py"
_JOURNAL_UNITS = "tests/extension/unit/test_journal.py"
_CHAINS = "tests/testbed/trace/test_chains.py"

JOURNAL: dict[str, Reason | tuple[str, ...]] = {
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
    "Names, subjects and messages come from outside": _NO_CLAIM,
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
        f"{_DIFFERENCES}::test_journal_keeps_no_body",
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
    "What a client sends in a batch": _NOT_TRIED,
    "Not tied are HTTP(S)": _NOT_TRIED,
    "answers with NDJSON": (f"{_JOURNAL}::test_reader_chooses_kinds_and_how_many",),
    "`since` is a position, or `now`": (f"{_JOURNAL}::test_bad_query_is_refused",),
    "`kind`, `limit` and `wait`": (
        f"{_JOURNAL}::test_reader_chooses_kinds_and_how_many",
        f"{_JOURNAL}::test_reader_waits_for_the_next_entry",
    ),
    "The header `X-Testbed-Position`": (f"{_JOURNAL}::test_memory_and_files_are_limited",),
    "Reading requires no [secret]": (f"{_SECRET}::test_reading_requires_no_secret",),
    "In Python:": ("tests/docs/test_blocks.py::test_python_runs",),
    "10,000 entries are kept in memory": (f"{_JOURNAL}::test_memory_and_files_are_limited",),
    "change both, or switch it off": (f"{_JOURNAL}::test_journal_can_be_switched_off",),
    "What it costs is in": _NO_CLAIM,
}

_CALLS = f"{_EXTENSION}/live/faults/test_calls.py"
_QUEUES = f"{_EXTENSION}/live/faults/test_queues.py"
_FAULT_COMMAND = "tests/testbed/control/test_faults.py"
_SENSELESS = f"{_CALLS}::test_rule_that_makes_no_sense_is_refused"

FAULTS: dict[str, Reason | tuple[str, ...]] = {
    "AWS's services fail now and then": _OF_AWS,
    "`testbed fault` makes that happen": (f"{_FAULT_COMMAND}::test_options_make_a_rule",),
    "Whoever calls sees what it would see": (
        f"{_CALLS}::test_error_is_what_the_sdk_raises",
        f"{_CALLS}::test_throttling_is_told_in_the_service_s_own_way",
    ),
    "The list shows what each has done": (f"{_FAULT_COMMAND}::test_list_and_clear",),
    "After `testbed tick`, with a site": _NO_CLAIM,
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
    "`events`, `scheduler`, `sns`": (f"{_HOPS}::test_eventbridge_repeats_a_delivery",),
    "(`--seed` chooses the same": (f"{_CALLS}::test_share_with_a_seed_hits_the_same_calls_again",),
    "Both together": (f"{_CALLS}::test_calls_at_the_same_time_use_up_exactly_the_next_ones",),
    "Several rules may be for the same call": (
        "tests/docs/test_faults_page.py"
        "::test_rules_for_the_same_call_add_up_and_the_first_error_is_answered",
    ),
    "A rule for `lambda.Invoke` without a caller": (
        f"{_HOPS}::test_rule_without_a_caller_is_for_the_call_that_brings_an_event",
    ),
    "An unknown service or operation": (_SENSELESS,),
    "of a FIFO queue: its messages": (_SENSELESS,),
    "A rule for all queues leaves FIFO": (f"{_QUEUES}::test_fifo_queue_is_left_alone",),
    "An error whose status AWS does not document": (_SENSELESS,),
    "Delays over 900 seconds": (_SENSELESS,),
    "`--kill` with another executor": Reason("needs Docker; of clients: the same test as above"),
    "adds a handler to LocalStack's chain": _NO_CLAIM,
    "LocalStack serializes it": _NO_CLAIM,
    "Messages are copied and held back": (
        f"{_QUEUES}::test_message_comes_twice",
        f"{_QUEUES}::test_message_is_overtaken",
    ),
    "a call costs one look": _NO_CLAIM,
    "`TESTBED_FAULTS=0` leaves": _NOT_TRIED,
    "Rules are added, shown and removed": (
        f"{_CALLS}::test_rules_are_listed_in_order_and_replaced_by_id",
    ),
    "Whatever changes them requires the": (
        f"{_SECRET}::test_call_that_changes_something_requires_the_secret",
    ),
    "Our own pipeline is tested": (
        "tests/pipeline/test_faults.py::test_fault_on_a_hop_loses_no_alert_and_records_nothing_twice",
    ),
}

_OPEN = "tests/docs/test_security_page.py"
_ENDPOINT = "tests/testbed/control/test_endpoint.py"

SECURITY: dict[str, Reason | tuple[str, ...]] = {
    "The testbed is a development tool": _NO_CLAIM,
    "listens on 127.0.0.1 only": (
        f"{_LIFE}::test_listens_on_loopback_only",
        f"{_EXTENSION}/live/lifecycle/test_gateway.py::test_other_addresses_of_the_machine_are_closed",
    ),
    "This page says whom": _NO_CLAIM,
    # What is protected, and how
    "Requests without a signature are anonymous": (
        f"{_PERMISSION_UNITS}::test_anonymous_principal",
        f"{_ACCESS}::test_queue_that_is_open_to_everybody",
    ),
    "everything else is rejected": (f"{_ACCESS}::test_without_signature",),
    "Operations that AWS itself accepts": (
        f"{_ACCESS}::test_operation_that_requires_no_signature",
    ),
    "has the details": _NO_CLAIM,
    "answered with 403 on every path": (
        f"{_ACCESS}::test_host_that_others_can_point_here",
        f"{_ACCESS}::test_host_is_a_custom_domain",
        f"{_ACCESS_UNITS}::test_own_names",
        f"{_ACCESS_UNITS}::test_other_names",
    ),
    "`TESTBED_ALLOWED_HOSTS` adds names": (f"{_ACCESS}::test_host_that_is_allowed",),
    "sent by a page of another origin are rejected": (
        f"{_ACCESS_UNITS}::test_foreign",
        f"{_ACCESS}::test_page_cannot_create_a_stack",
        f"{_ACCESS}::test_page_cannot_post_a_signed_form",
        f"{_ACCESS}::test_websocket_of_a_foreign_page",
    ),
    "Exceptions are API stages": (
        f"{_ACCESS}::test_stage_is_open_to_pages",
        f"{_ACCESS}::test_function_urls",
        f"{_ACCESS}::test_website_is_open_to_pages",
        f"{_ACCESS}::test_link_in_an_email",
        f"{_ACCESS}::test_bucket_open_to_an_origin",
    ),
    "No foreign origin is allowed by default": (
        f"{_ACCESS}::test_no_foreign_origin_is_built_in",
        f"{_ACCESS}::test_page_on_another_port",
    ),
    "`EXTRA_CORS_ALLOWED_ORIGINS` adds": (f"{_ACCESS}::test_own_page_and_allowed_page",),
    "require the header `X-Testbed-Secret`": (
        f"{_SECRET}::test_call_that_changes_something_requires_the_secret",
        f"{_SECRET}::test_call_with_the_secret_is_carried_out",
        f"{_SECRET}::test_reading_requires_no_secret",
        f"{_SECRET}::test_stages_of_apis_require_no_secret",
    ),
    "Each start generates a new secret": (
        f"{_SECRET}::test_each_start_makes_a_secret_that_only_its_owner_may_read",
        f"{_LIFE}::test_files_are_private_and_gone_after_down",
        f"{_ENDPOINT}::test_secret_of_a_container_is_read_in_it",
    ),
    "The commands and the pytest plug-in read it": (
        f"{_LIFE}::test_clock_of_another_user_cannot_be_moved",
        "tests/plugin/test_fixtures.py::test_emails_faults_and_waiting",
        f"{_ENDPOINT}::test_secret_of_what_testbed_up_has_started_in_the_project",
    ),
    "If `--endpoint-url` names an emulator": (
        f"{_ENDPOINT}::test_secret_of_an_endpoint_that_was_given",
        f"{_ENDPOINT}::test_missing_secret_says_where_it_is_and_how_to_give_it",
    ),
    "switches this protection off": (f"{_SECRET}::test_switched_off_no_call_requires_the_secret",),
    "In other programs": ("tests/docs/test_blocks.py::test_commands_run",),
    "LocalStack recognizes calls between its own services": (
        f"{_ACCESS}::test_request_that_says_it_is_internal",
    ),
    "the header counts only with a token": (f"{_ACCESS}::test_request_that_says_it_is_internal",),
    "Each execution environment has a Runtime API": (
        f"{_RUNTIME_API}::test_request_of_a_web_page",
    ),
    "It rejects requests whose `Host` is not": (f"{_RUNTIME_API}::test_request_of_a_web_page",),
    "can be entered by its owner only": (
        f"{_STATE}::test_state_folder_is_closed_to_others",
        f"{_STATE}::test_state_folder_of_an_earlier_version_is_tightened",
        f"{_LIFE}::test_files_are_private_and_gone_after_down",
    ),
    "removes all of them except LocalStack's log": (
        f"{_LIFE}::test_files_are_private_and_gone_after_down",
    ),
    "The cache folder is not writable": (f"{_STATE}::test_cache_folder_is_not_writable_by_others",),
    "When a test run is killed": (f"{_LIFE}::test_localstack_of_a_test_run_that_is_killed",),
    # What remains open
    "Other users of the same machine can call": (f"{_BY_HAND}::test_signature_is_not_checked",),
    "They can also read the inbox": (f"{_SECRET}::test_reading_requires_no_secret",),
    "On a machine that you share": _NO_CLAIM,
    "Pages that LocalStack itself serves": (f"{_ACCESS}::test_own_page_and_allowed_page",),
    "Do not open HTML from there": _NO_CLAIM,
    "Browsers from before March 2023": Reason(
        "the browsers' documentation, which localstack_testbed/access/sites.py links to"
    ),
    "Through them, a page that also suppresses": (f"{_ACCESS_UNITS}::test_not_foreign",),
    "It cannot read the answers": Reason("the browser's same-origin policy"),
    "Other users of the same machine, and other functions": Reason(
        "the Runtime API requires no credentials, on AWS neither"
    ),
    "Nor is the token of": Reason("tried by hand with a token that was made up"),
    "Signatures are not checked": (f"{_BY_HAND}::test_signature_is_not_checked",),
    "Without user namespaces": (f"{_ISOLATION}::test_places_without_isolation",),
    "`testbed doctor` says whether": ("tests/testbed/doctor/test_surroundings.py::test_isolation",),
    "Functions can connect to every port": (
        "tests/pipeline/test_triggers.py::test_outage_is_found_by_the_next_check",
    ),
    "LocalStack itself connects to no other machine": (
        f"{_OFFLINE}::test_localstack_contacts_nobody",
    ),
    "With `docker/lambda-containers.yml` whoever": (
        "tests/compose/test_compose_up.py"
        "::test_override_mounts_the_socket_for_containers_of_functions",
    ),
    "The certificate is self-signed": (f"{_OPEN}::test_certificate_is_self_signed",),
    "The secret keeps out other users and web pages": (
        f"{_SECRET}::test_each_start_makes_a_secret_that_only_its_owner_may_read",
    ),
    "A LocalStack that is not release 2026.3.0": (
        f"{_EXTENSION}/live/hooks/test_release.py::test_it_says_so_and_lets_localstack_be",
    ),
    # How to report a problem
    "Please do not open a public issue": _NO_CLAIM,
    "Report it through": _NO_CLAIM,
    "Include the version": _NO_CLAIM,
}

# What a page states besides; not every sentence of it.
README: dict[str, Reason | tuple[str, ...]] = {
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
        f"{_ACCESS}::test_page_cannot_create_a_stack",
        f"{_ACCESS}::test_page_on_another_port",
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

# Pages of which every sentence is in the table, and others.
WHOLE = {
    "docs/fidelity.md": FIDELITY,
    "docs/permissions.md": PERMISSIONS,
    "docs/journal.md": JOURNAL,
    "docs/faults.md": FAULTS,
    "SECURITY.md": SECURITY,
}
CLAIMS = {**WHOLE, "README.md": README}
