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
_RULES = f"{_EXTENSION}/test_schedules_rules.py"
_SCHEDULER = f"{_EXTENSION}/test_schedules_scheduler.py"
_TARGETS = f"{_EXTENSION}/test_schedules_targets.py"
_HOPS = f"{_EXTENSION}/test_faults_hops.py"
_ASYNCHRONOUS = f"{_EXTENSION}/test_lambda_asynchronous.py"
_CLOCK_COMMAND = "tests/unit/command/test_schedules.py"
_PERMISSIONS = "tests/pipeline/test_permissions.py"
_CONFIRMATION = f"{_EXTENSION}/test_sns_confirmation.py"

FIDELITY: dict[str, Reason | tuple[str, ...]] = {
    "AWS's documentation is the specification": _NO_CLAIM,
    "where the testbed does not follow it": _NO_CLAIM,
    "each mend has a test": (
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
        f"{_EXTENSION}/test_schedules_engine.py::test_entry_fires_at_its_due_times_and_not_before",
        f"{_SCHEDULER}::test_schedule_fires_in_real_time_and_not_before",
    ),
    "AWS promises a rule's minute only": _OF_AWS,
    "while the machine slept fires once": (
        f"{_EXTENSION}/test_schedules_engine.py"
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
    # Topics
    "SNS repeats deliveries by AWS's": (
        f"{_HOPS}::test_sns_repeats_a_delivery_at_once",
        f"{_HOPS}::test_sns_goes_on_after_pauses",
        "tests/unit/test_sns_policies.py::test_endpoints_at_aws",
    ),
    "At most 10,000 deliveries wait": (f"{_DIFFERENCES}::test_numbers_that_the_page_names",),
    "Deliveries to HTTP(S) endpoints and of FIFO topics": _READ,
    # Mail
    "Mails lie in an inbox": ("tests/cli/test_use.py::test_inbox",),
    "The links in them": (
        f"{_CONFIRMATION}::test_a_mail_asks_for_the_confirmation",
        f"{_EXTENSION}/test_sns_email.py::test_link_in_the_footer_unsubscribes",
    ),
    "AWS shows a page": _OF_AWS,
    "A subscription that nobody confirms stays pending": (
        f"{_CONFIRMATION}::test_nothing_is_sent_before_the_link_is_followed",
    ),
    "it after some days": _OF_AWS,
    "`AuthenticateOnUnsubscribe` changes nothing": (
        f"{_DIFFERENCES}::test_authentication_on_unsubscribe_changes_nothing",
    ),
    "deletes the mails whose links it follows": (
        "tests/cli/test_use.py::test_confirmation_of_a_subscription",
        "tests/plugin/test_fixtures.py::test_mails_faults_and_waiting",
    ),
    # Limits
    "of sizes, numbers and ranges are AWS's": (
        f"{_EXTENSION}/test_limits.py::test_attributes_of_queues",
        f"{_EXTENSION}/test_limits.py::test_settings_of_functions",
    ),
    "Those of a queue's policy": (
        f"{_DIFFERENCES}::test_policy_of_a_queue_may_be_longer",
        f"{_DIFFERENCES}::test_event_pattern_may_be_longer",
        "tests/unit/test_template_limits.py::test_sizes",
    ),
    "`tests/unit/test_template_limits.py` checks": (
        "tests/unit/test_template_limits.py::test_sizes",
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
        f"{_EXTENSION}/test_lambda_isolation.py::test_places_without_isolation",
    ),
    "In [a container](docker.md) they see one another's": Reason(
        "Docker has no user namespaces here"
    ),
    "The SDK in the runtime is boto3": (
        f"{_DIFFERENCES}::test_sdk_in_the_runtime_is_the_one_that_the_page_names",
    ),
    "AWS updates the one in its runtime": _OF_AWS,
    "A message that fails comes back": (
        f"{_EXTENSION}/test_event_source_mapping.py"
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
    "have no name here": (f"{_EXTENSION}/test_lambda_urls.py::test_host_is_like_that_on_aws",),
    "ID.lambda-url.us-east-1": (f"{_EXTENSION}/test_lambda_urls.py::test_event",),
    "`AWS_IAM` is not enforced": Reason("no test: requests without a signature are being changed"),
    "`Cors` and streaming were not looked at": _NO_CLAIM,
    "of exactly 1.0 is": (f"{_DIFFERENCES}::test_weights_of_an_alias",),
    "`UpdateAlias` with a `RoutingConfig`": (f"{_DIFFERENCES}::test_weights_of_an_alias",),
    "keeps to 5 batches at once": (
        f"{_EXTENSION}/test_event_source_batches.py::test_batches_at_once",
    ),
    "AWS ramps up": _OF_AWS,
    "Groups of a FIFO queue": (
        f"{_EXTENSION}/test_event_source_batches.py::test_fifo_group_is_processed_one_by_one",
    ),
    "[Metrics](": _NO_CLAIM,
    "`ConcurrentExecutions` has samples": (
        f"{_EXTENSION}/test_lambda_metrics.py::test_most_concurrent_executions",
    ),
    "There are none of provisioned concurrency": _READ,
    "A request for percentiles": (f"{_DIFFERENCES}::test_percentiles_cannot_be_asked_for",),
    "Not documented by AWS, so possibly different": (
        f"{_EXTENSION}/test_lambda_versions.py::test_version_of_an_alias_cannot_be_deleted",
        f"{_EXTENSION}/test_lambda_urls.py::test_url_without_concurrency_is_throttled",
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
        f"{_EXTENSION}/test_unchanged_templates.py::test_what_has_not_changed_is_refused",
    ),
    "are checked by `testbed`": (
        "tests/unit/command/test_template.py::test_values_that_a_template_does_not_allow",
    ),
    "LocalStack itself takes any value": (
        f"{_DIFFERENCES}::test_localstack_takes_any_value_of_a_parameter_and_keeps_retention",
    ),
    "`RetentionInDays` of a log group": (
        f"{_DIFFERENCES}::test_localstack_takes_any_value_of_a_parameter_and_keeps_retention",
    ),
    # Storage
    "S3's conditional writes": (f"{_DIFFERENCES}::test_conditional_writes",),
    "Nothing expires": _READ,
    "CloudFormation leaves out a bucket's": (
        f"{_DIFFERENCES}::test_lifecycle_rules_in_a_template_are_left_out",
        f"{_DIFFERENCES}::test_lifecycle_rules_of_the_api_are_stored",
    ),
}

_BY_HAND = "tests/docs/test_permissions_page.py"
_PERMISSION_UNITS = "tests/unit/test_permissions.py"
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
        "tests/extension/test_lambda_life.py::test_environment_is_reused",
    ),
    "*Never used* are candidates": ("tests/cli/test_aws_target.py::test_permissions_are_shown",),
    "`--reset` counts from nothing": ("tests/cli/test_aws_target.py::test_permissions_are_shown",),
    "The counts are kept by the extension": _NO_CLAIM,
    "allows nothing in vain": (
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
    "`CreateFunction` wants a role": (
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
    "Requests without a signature": Reason("no test: they are being changed"),
    "role is checked when": (
        f"{_BY_HAND}::test_role_of_a_function_has_to_allow_what_lambda_does_for_it",
    ),
    "An update fails with an internal error": (
        f"{_BY_HAND}::test_update_of_a_mapping_whose_role_may_not_read_the_queue",
    ),
    "`aws:SecureTransport` is always true": (f"{_BY_HAND}::test_transport_is_secure",),
    "Messages for refused destinations": _NO_CLAIM,
}

CLAIMS = {"docs/fidelity.md": FIDELITY, "docs/permissions.md": PERMISSIONS}
