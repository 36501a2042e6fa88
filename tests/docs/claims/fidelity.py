"""The claims of docs/fidelity.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import (
    ACCESS,
    DIFFERENCES,
    EXTENSION,
    NO_CLAIM,
    OF_AWS,
    OFFLINE,
    PERMISSIONS,
    PERMISSIONS_PAGE,
    READ,
    RETRIES,
    Claims,
    Reason,
)

_RULES = f"{EXTENSION}/live/schedules/test_rules.py"
_SCHEDULER = f"{EXTENSION}/live/schedules/test_scheduler.py"
_TARGETS = f"{EXTENSION}/live/schedules/test_targets.py"
_ASYNCHRONOUS = f"{EXTENSION}/live/lambda_service/test_asynchronous_invocation.py"
_CLOCK_COMMAND = "tests/testbed/control/test_clock.py"
_PACKAGING = "tests/testbed/deployment/test_packaging.py"
_REQUIREMENTS = "tests/testbed/deployment/test_requirements.py"
_RUNTIMES = f"{EXTENSION}/live/lambda_executor/test_runtimes.py"
_SAMPLES = f"{EXTENSION}/live/samples/test_delivered_events.py"
_SDK = f"{EXTENSION}/live/lambda_executor/test_sdk.py"
_STACKS = f"{EXTENSION}/live/cloudformation"
_TEMPLATES = f"{_STACKS}/test_template_validation.py"
_CUSTOM = f"{_STACKS}/test_custom_resources.py"
_UNSUPPORTED = f"{EXTENSION}/unit/cloudformation/test_unsupported_properties.py"
_FILTER_PATTERNS = f"{EXTENSION}/unit/logs/test_filter_pattern.py"
_CONFIRMATION = f"{EXTENSION}/live/sns/test_confirmation.py"

CLAIMS: Claims = {
    "AWS's documentation is the specification": NO_CLAIM,
    "lists where the testbed differs from it": NO_CLAIM,
    "each fix has a test": ("tests/docs/test_settings.py::test_page_has_the_table_of_settings",),
    "The pipeline's tests also run on": (
        "tests/plugin/test_targets.py::test_every_name_is_a_target",
    ),
    # Schedules
    "follow a clock that `testbed clock advance` moves": (
        "tests/cli/test_use.py::test_clock_and_its_advance",
    ),
    "Lambda's retries, and the times in incidents": (
        f"{DIFFERENCES}::test_clock_leaves_visibility_timeouts_alone",
    ),
    "The clock is back in real time": (f"{DIFFERENCES}::test_new_clock_is_in_real_time",),
    "fires in the second in which it is due": (
        f"{EXTENSION}/unit/schedules/test_engine.py::test_entry_fires_at_its_due_times_and_not_before",
        f"{_SCHEDULER}::test_schedule_fires_in_real_time_and_not_before",
    ),
    "If the machine slept": (
        f"{EXTENSION}/unit/schedules/test_engine.py::test_missed_due_times_fire_once",
    ),
    "**Flexible time windows:**": (
        f"{_SCHEDULER}::test_flexible_schedule_fires_at_one_moment_of_its_window",
    ),
    "a rate starts again": (
        f"{_RULES}::test_changed_expression_restarts_the_rate",
        f"{_RULES}::test_disabled_rule_does_not_fire_until_it_is_enabled",
        f"{_SCHEDULER}::test_updated_schedule_fires_as_it_is_now",
        f"{_SCHEDULER}::test_disabled_schedule_does_not_fire_until_it_is_enabled",
    ),
    "AWS does not document what it does": OF_AWS,
    "a failed delivery is retried after one second": (
        f"{_TARGETS}::test_failed_call_is_retried_until_its_attempts_are_exhausted",
        f"{RETRIES}::test_eventbridge_retries_a_delivery",
    ),
    "AWS's pauses are longer": OF_AWS,
    "At most 10,000 deliveries of matched events": (
        f"{DIFFERENCES}::test_numbers_that_the_page_names",
    ),
    "**Targets of EventBridge Scheduler:**": (
        f"{_TARGETS}::test_function_is_invoked_asynchronously",
        f"{_TARGETS}::test_message_is_sent_to_a_queue",
        f"{_TARGETS}::test_message_is_published_to_a_topic",
        f"{_TARGETS}::test_event_is_put_on_a_bus",
        f"{_TARGETS}::test_universal_target_calls_any_action",
        f"{DIFFERENCES}::test_other_targets_of_scheduler_fail",
    ),
    "State machines, Kinesis and Firehose work with": (
        "tests/extension/unit/cloudformation/test_unsupported_properties.py::test_rejected",
        f"{DIFFERENCES}::test_other_targets_of_scheduler_fail",
    ),
    "fires a rule or schedule even if it is disabled": (
        f"{DIFFERENCES}::test_disabled_rule_is_fired_by_hand_and_its_next_time_stays",
        f"{_RULES}::test_rule_is_fired_manually",
    ),
    "`tick` and `clock` reject other endpoints": (
        f"{_CLOCK_COMMAND}::test_endpoint_without_a_clock",
    ),
    "On AWS you can neither fire a schedule nor move the clock": OF_AWS,
    # Permissions
    "identity-based and resource-based policies": (
        f"{PERMISSIONS}::test_promise_is_broken_without_permission_and_report_names_it",
        f"{DIFFERENCES}::test_pass_role_is_not_enforced",
    ),
    "A changed policy applies at once": (
        f"{PERMISSIONS}::test_promise_is_broken_without_permission_and_report_names_it",
    ),
    "if `ENFORCE_IAM=1`": (f"{ACCESS}/test_signatures.py::test_without_signature",),
    "A topic's policy can allow them": (
        f"{PERMISSIONS_PAGE}::test_topic_that_is_open_to_everybody",
    ),
    "AWS documents this for queues and buckets only": OF_AWS,
    "here [requests from pages of other origins are rejected]": (
        f"{ACCESS}/test_pages.py::test_page_on_another_port",
    ),
    "CORS configuration must therefore also allow": (
        f"{ACCESS}/test_buckets.py::test_bucket_open_to_an_origin",
        f"{ACCESS}/test_buckets.py::test_bucket_without_rules",
    ),
    "the protocol's general error codes": (
        f"{EXTENSION}/live/requests/test_malformed_requests.py::test_malformed_json",
        f"{EXTENSION}/live/requests/test_malformed_requests.py::test_message_attribute_without_data_type",
        f"{EXTENSION}/live/requests/test_hostile_requests.py::test_nothing_is_an_internal_error",
    ),
    # Topics
    "SNS follows AWS's [delivery policies]": (
        f"{RETRIES}::test_sns_retries_a_delivery_at_once",
        f"{RETRIES}::test_sns_retries_a_delivery_after_pauses",
        "tests/extension/unit/test_delivery_policies.py::test_aws_managed_endpoints",
    ),
    "At most 10,000 deliveries wait": (f"{DIFFERENCES}::test_numbers_that_the_page_names",),
    "deliveries to HTTP(S) endpoints and from FIFO topics": READ,
    # Email
    "emails are not sent but kept in an inbox": ("tests/cli/test_use.py::test_inbox",),
    "Their links to [confirm a subscription]": (
        f"{_CONFIRMATION}::test_email_asks_for_confirmation",
        f"{EXTENSION}/live/sns/test_email_messages.py::test_link_in_the_footer_unsubscribes",
    ),
    "AWS shows a web page": OF_AWS,
    "it after some days": OF_AWS,
    "a subscription stays pending until it is confirmed": (
        f"{_CONFIRMATION}::test_nothing_is_sent_before_the_link_is_followed",
    ),
    "`AuthenticateOnUnsubscribe` has no effect": (
        f"{DIFFERENCES}::test_authentication_on_unsubscribe_changes_nothing",
    ),
    "deletes the emails whose links it follows": (
        "tests/cli/test_use.py::test_confirmation_of_a_subscription",
        "tests/plugin/test_fixtures.py::test_emails_faults_and_waiting",
    ),
    # Limits
    "**Sizes, numbers and ranges:**": (
        f"{EXTENSION}/live/limits/test_limits.py::test_attributes_of_queues",
        f"{EXTENSION}/live/limits/test_limits.py::test_settings_of_functions",
    ),
    "Not enforced are the limits of a queue's policy": (
        f"{DIFFERENCES}::test_policy_of_a_queue_may_be_longer",
        f"{DIFFERENCES}::test_event_pattern_may_be_longer",
        "tests/template/test_template_limits.py::test_sizes",
    ),
    "`tests/template/test_template_limits.py` checks": (
        "tests/template/test_template_limits.py::test_sizes",
    ),
    "requests are not throttled": (f"{DIFFERENCES}::test_rates_are_not_limited",),
    "`PurgeQueue` can be repeated": (
        f"{DIFFERENCES}::test_queue_is_purged_twice_and_created_again_at_once",
    ),
    "above 256 KiB accepts": (
        f"{DIFFERENCES}::test_topic_for_large_messages_accepts_any_protocol",
    ),
    # Functions
    "[What a process cannot do]": NO_CLAIM,
    "functions see the machine's network and use all its cores": (
        f"{DIFFERENCES}::test_function_has_all_cores",
        f"{EXTENSION}/live/lambda_executor/test_isolation.py::test_paths_without_isolation",
    ),
    "In [a container](docker.md) functions see one another's": Reason(
        "Docker has no user namespaces here"
    ),
    "boto3 and botocore clients of any version call the testbed": (
        f"{_SDK}::test_clients_do_not_call_aws",
        f"{_SDK}::test_old_sdk_in_the_bundle_does_not_call_aws",
    ),
    "this was not tested": Reason("neither is in the runtime; the sentence says so"),
    "Python interpreters that a function starts do the same": (
        f"{_SDK}::test_clients_in_a_new_interpreter_do_not_call_aws",
    ),
    "Other HTTP clients with a URL": Reason("the tests have no network"),
    "the runtime contains boto3": (
        f"{DIFFERENCES}::test_sdk_in_the_runtime_is_the_one_that_the_page_names",
    ),
    "AWS updates the SDK in its runtime": OF_AWS,
    "a message whose processing failed becomes visible": (
        f"{EXTENSION}/live/lambda_service/test_event_source_mapping.py"
        "::test_failed_message_is_redelivered_after_the_visibility_timeout",
    ),
    "at most 32 asynchronous events": (
        f"{DIFFERENCES}::test_numbers_that_the_page_names",
        f"{_ASYNCHRONOUS}::test_many_events_run_concurrently_and_survive_an_update",
    ),
    "Waiting events are lost when LocalStack stops": (
        f"{_ASYNCHRONOUS}::test_event_that_would_exceed_its_maximum_age_is_dropped",
    ),
    "within its maximum age": (
        f"{_ASYNCHRONOUS}::test_event_that_would_exceed_its_maximum_age_is_dropped",
    ),
    "S3 is rejected as an [on-failure destination]": (
        f"{DIFFERENCES}::test_bucket_is_rejected_as_a_destination",
    ),
    "instead of `https://ID.lambda-url.us-east-1.on.aws/`": (
        f"{EXTENSION}/live/lambda_service/test_urls.py::test_url_works_as_it_is",
        f"{EXTENSION}/live/lambda_service/test_urls.py::test_event",
    ),
    "`AWS_IAM` accepts any caller's signature": (
        f"{ACCESS}/test_public_endpoints.py::test_function_urls",
    ),
    "`Cors` and response streaming were not examined": NO_CLAIM,
    "its timeouts are suspended": (
        f"{EXTENSION}/live/lambda_executor/test_debugging.py"
        "::test_breakpoint_holds_longer_than_the_timeout",
    ),
    "exactly 1.0 is rejected": (f"{DIFFERENCES}::test_weights_of_an_alias",),
    "processes 5 batches at once": (
        f"{EXTENSION}/live/lambda_service/test_event_source_batches.py::test_concurrent_batches",
    ),
    "AWS scales up to it": OF_AWS,
    "The groups of a FIFO queue": (
        f"{EXTENSION}/live/lambda_service/test_event_source_batches.py::test_fifo_group_is_processed_one_by_one",
    ),
    "`ConcurrentExecutions` is sampled": (
        f"{EXTENSION}/live/lambda_service/test_metrics.py::test_most_concurrent_executions",
    ),
    "no metrics of provisioned concurrency": READ,
    "A request for percentiles": (f"{DIFFERENCES}::test_percentiles_fail",),
    "**Not documented by AWS:**": (
        f"{EXTENSION}/live/lambda_service/test_versions.py::test_version_of_an_alias_cannot_be_deleted",
        f"{EXTENSION}/live/lambda_service/test_urls.py::test_url_without_concurrency_is_throttled",
        f"{_ASYNCHRONOUS}::test_event_is_dropped_immediately_without_concurrency",
    ),
    # API Gateway
    "the API is at `{endpoint}/": (f"{DIFFERENCES}::test_address_of_the_api",),
    "the `MethodSettings` of a stage": (
        f"{DIFFERENCES}::test_settings_of_a_stage_are_stored",
        f"{DIFFERENCES}::test_rates_are_not_limited",
    ),
    "templates with authorizers, access logs": (
        f"{EXTENSION}/live/cloudformation/test_apis.py"
        "::test_what_would_not_be_carried_out_is_rejected",
        f"{EXTENSION}/unit/cloudformation/test_unsupported_properties.py::test_rejected",
    ),
    # CloudFormation
    "is rejected before anything is created": (
        f"{_TEMPLATES}::test_creation",
        f"{_UNSUPPORTED}::test_what_the_page_says_is_rejected",
        f"{EXTENSION}/unit/cloudformation/test_validation.py::test_not_in_this_testbed",
    ),
    "A value that is known only": (f"{_TEMPLATES}::test_value_that_is_known_late",),
    "skips these resources and ignores": (
        f"{_STACKS}/test_skipped_resources.py::test_skipped_resources_are_named_and_properties_ignored",
    ),
    "your own macros, `Hooks`": (
        f"{_STACKS}/test_transforms.py::test_a_failed_transform_is_the_change_sets_reason",
        f"{EXTENSION}/unit/cloudformation/test_rules.py::test_invalid_functions",
        f"{EXTENSION}/unit/cloudformation/test_document.py::test_invalid_sections",
        f"{_TEMPLATES}::test_creation",
    ),
    "StackSets, drift detection": (f"{_STACKS}/test_stacks.py::test_unavailable_operations",),
    "Importing existing resources": (
        f"{_STACKS}/test_stacks.py::test_invalid_request_creates_nothing",
        f"{_STACKS}/test_change_sets.py::test_wrong_types_of_change_sets",
    ),
    "CloudFormation may create, change": (
        f"{DIFFERENCES}::test_cloudformation_needs_no_permissions",
    ),
    "The caller's permissions are checked only": (
        f"{DIFFERENCES}::test_cloudformation_needs_no_permissions",
    ),
    "**System tags:**": (f"{DIFFERENCES}::test_resources_have_no_system_tags",),
    "it is invoked again at once": (
        f"{_CUSTOM}::test_a_function_that_crashes_fails_the_update_at_once",
    ),
    "The resource then fails": (
        f"{_CUSTOM}::test_a_function_that_crashes_fails_the_update_at_once",
    ),
    "`IncludeNestedStacks` creates no": (
        f"{_STACKS}/test_nested_stacks.py::test_change_set_has_no_change_sets_of_nested_stacks",
    ),
    "**Nested stacks:**": (
        f"{_STACKS}/test_nested_stacks.py::test_an_unchanged_nested_stack_counts_as_changed",
    ),
    "**Rollbacks of nested stacks:**": (
        f"{_STACKS}/test_nested_stacks.py::test_a_rollback_that_fails_in_a_nested_stack_is_continued",
    ),
    "a secret is rotated when": READ,
    "**Metric filters:**": READ,
    # Storage
    "**Conditional writes:**": (f"{DIFFERENCES}::test_conditional_writes",),
    "rules are stored, but nothing expires": (
        f"{DIFFERENCES}::test_lifecycle_rules_in_a_template_are_stored",
        f"{DIFFERENCES}::test_lifecycle_rules_of_the_api_are_stored",
    ),
    "**Replication, access logs, inventories and analytics:**": (
        f"{DIFFERENCES}::test_replication_and_access_logs_are_stored",
    ),
    # Deployment packages
    "without the files that it excludes": (
        f"{_PACKAGING}::test_package_leaves_out_what_sam_leaves_out",
    ),
    "which `sam build` excludes from functions": (
        f"{_PACKAGING}::test_package_leaves_out_what_sam_leaves_out",
    ),
    "whatever `Architectures` says": (
        "tests/testbed/deployment/test_deploy.py::test_requirements_are_for_this_machine",
    ),
    "A deployment says so": (
        "tests/testbed/deployment/test_deploy.py::test_requirements_are_for_this_machine",
    ),
    "is resolved once": (f"{_REQUIREMENTS}::test_versions_stay_until_the_files_change",),
    "`sam build` resolves them each time": OF_AWS,
    "rejects container images": (
        "tests/testbed/project/test_local_files.py::test_functions_that_do_not_run_here",
    ),
    "own [version of Python](develop-offline.md#python-runtimes) is missing": (
        f"{_RUNTIMES}::test_python_version_of_the_runtime",
    ),
    "and so does the function's `StateReason`": (
        f"{_RUNTIMES}::test_missing_python_version_is_in_the_log_and_in_the_state",
        "tests/cli/test_failed_deployments.py::test_what_differs_from_aws_is_listed_each_time",
    ),
    "The patch release of Python": Reason("any release is used; not looked at"),
    # Services
    "**SNS:** a topic's data protection": (
        f"{DIFFERENCES}::test_data_protection_of_a_topic_is_stored",
    ),
    "**CloudWatch:**": (f"{_SAMPLES}::test_samples_are_like_the_events_that_are_delivered",),
    "**Secrets Manager:**": (f"{_SAMPLES}::test_samples_are_like_the_events_that_are_delivered",),
    "**SES:**": (f"{DIFFERENCES}::test_identity_of_a_stack_is_verified_at_once",),
    "its log events do not expire": READ,
    "also matches inside of a word": (f"{_FILTER_PATTERNS}::test_terms",),
    "The default value of a metric filter": READ,
    "The number of regular expressions in filter patterns": READ,
    "LocalStack connects to no other machine": (
        f"{OFFLINE}::test_localstack_calls_no_other_machine",
    ),
    "return status 501 and name what they need": (
        f"{OFFLINE}::test_service_that_is_not_installed",
    ),
    "allows LocalStack's downloads": Reason("the tests have no network"),
}
