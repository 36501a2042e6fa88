"""The claims of docs/permissions.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import (
    ACCESS,
    ACCESS_UNITS,
    BY_HAND,
    DIFFERENCES,
    NO_CLAIM,
    NOT_TRIED,
    PERMISSION_UNITS,
    PERMISSIONS,
    READ,
    Claims,
    Reason,
)


CLAIMS: Claims = {
    "Everything is green on the emulator": NO_CLAIM,
    "a call is carried out only if policies allow it": (
        f"{BY_HAND}::test_user_is_bound_and_the_account_is_not",
    ),
    "the container and the tests do so by default": (
        f"{PERMISSIONS}::test_promises_are_kept_and_everything_allowed_is_used",
    ),
    "ENFORCE_IAM=0` is LocalStack as it was": (
        "tests/extension/live/lambda_executor/test_environment_lifecycle.py::test_environment_is_reused",
    ),
    "*Never used* are candidates": ("tests/cli/test_aws_target.py::test_permissions_are_shown",),
    "`--reset` sets all counts to zero": (
        "tests/cli/test_aws_target.py::test_permissions_are_shown",
    ),
    "The counts are kept by the extension": NO_CLAIM,
    "has no unnecessary permissions": (
        f"{PERMISSIONS}::test_promises_are_kept_and_everything_allowed_is_used",
    ),
    "take each action on": (
        f"{PERMISSIONS}::test_nothing_in_the_template_is_forgotten",
        f"{PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "a promise of the pipeline is broken": (
        f"{PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "took 23 µs": Reason("measured once"),
    "Nothing is decided about your own calls": (
        f"{BY_HAND}::test_user_is_bound_and_the_account_is_not",
    ),
    "an explicit deny wins": (
        f"{PERMISSION_UNITS}::test_deny_in_a_resource_policy_wins",
        f"{PERMISSION_UNITS}::test_resource_policy_allows_by_itself_in_its_account",
        f"{PERMISSION_UNITS}::test_across_accounts_both_have_to_allow",
    ),
    "Conditions know all operators": (f"{PERMISSION_UNITS}::test_conditions",),
    "Some things are checked before": NO_CLAIM,
    "`CreateFunction` requires a role": (
        f"{BY_HAND}::test_role_of_a_function_has_to_trust_lambda",
        f"{BY_HAND}::test_role_of_a_function_has_to_allow_what_lambda_does_for_it",
        f"{BY_HAND}::test_role_of_a_schedule_has_to_trust_scheduler",
    ),
    "A missing S3 object is `403`": (
        f"{BY_HAND}::test_missing_object_is_403_without_the_right_to_list",
    ),
    "Actions, resources and condition keys are known": NOT_TRIED,
    "A call of another service is its operation": (
        f"{BY_HAND}::test_call_of_a_service_that_is_not_known",
    ),
    "`iam:PassRole`, tags": (f"{DIFFERENCES}::test_pass_role_is_not_enforced",),
    "Services calling services other than": NOT_TRIED,
    # Requests without a signature
    "They are anonymous, as on AWS": (
        f"{ACCESS}::test_without_signature",
        f"{PERMISSION_UNITS}::test_anonymous_principal",
    ),
    "A bucket's, a queue's or a topic's policy can allow them": (
        f"{ACCESS}::test_public_bucket",
        f"{ACCESS}::test_public_object",
        f"{ACCESS}::test_queue_that_is_open_to_everybody",
        f"{BY_HAND}::test_topic_that_is_open_to_everybody",
        f"{BY_HAND}::test_new_bucket_blocks_public_access",
    ),
    "are open unless their authorization is `AWS_IAM`": (
        f"{ACCESS}::test_stage_is_open_to_pages",
        f"{ACCESS}::test_method_that_requires_a_signature",
        f"{ACCESS}::test_function_urls",
    ),
    "Everything else gets status 403": (f"{ACCESS}::test_without_signature",),
    "`MissingAuthenticationToken`, in JSON": (f"{ACCESS}::test_without_signature",),
    "header that is no signature gets": (f"{ACCESS}::test_incomplete_signature",),
    "What AWS itself carries out unsigned stays open": (
        f"{ACCESS}::test_operation_that_requires_no_signature",
    ),
    "`AssumeRoleWithWebIdentity` and the like": (
        f"{ACCESS}::test_operation_that_requires_no_signature",
        f"{ACCESS}::test_link_in_an_email",
    ),
    "A presigned URL or form is a request of": (
        f"{ACCESS}::test_presigned_url_and_form",
        f"{BY_HAND}::test_presigned_url_allows_what_its_signer_may_do",
    ),
    "To call an operation with curl": (f"{BY_HAND}::test_curl_signs_requests",),
    "`curl --aws-sigv4": (f"{BY_HAND}::test_curl_signs_requests",),
    # Who may call at all
    "These rules hold on every path and for signed requests too": (
        f"{ACCESS}::test_host_that_others_can_point_here",
        f"{ACCESS}::test_signed_request_to_another_host",
        f"{ACCESS}::test_rules_hold_also_without_permissions",
    ),
    "They are for web pages": NO_CLAIM,
    "a message that names the setting": (
        f"{ACCESS}::test_host_that_others_can_point_here",
        f"{ACCESS}::test_page_is_told_the_setting",
    ),
    "says what else is protected": NO_CLAIM,
    "**The Host** must be a name": (
        f"{ACCESS_UNITS}::test_own_names",
        f"{ACCESS_UNITS}::test_other_names",
        f"{ACCESS_UNITS}::test_names_that_come_and_go",
        f"{ACCESS}::test_host_is_a_custom_domain",
    ),
    "**A page of another origin** is rejected": (
        f"{ACCESS_UNITS}::test_foreign",
        f"{ACCESS}::test_page_cannot_create_a_stack",
        f"{ACCESS}::test_page_cannot_post_a_signed_form",
    ),
    "Another port of this machine is another origin": (f"{ACCESS}::test_page_on_another_port",),
    "`EXTRA_CORS_ALLOWED_ORIGINS` allows further ones": (
        f"{ACCESS}::test_own_page_and_allowed_page",
    ),
    "LocalStack's own (`app.localstack.cloud`": (f"{ACCESS}::test_no_foreign_origin_is_built_in",),
    "Open to every page are": (
        f"{ACCESS}::test_stage_is_open_to_pages",
        f"{ACCESS}::test_function_urls",
        f"{ACCESS}::test_website_is_open_to_pages",
        f"{ACCESS}::test_link_in_an_email",
        f"{ACCESS}::test_bucket_open_to_an_origin",
        f"{ACCESS}::test_host_of_a_stage_opens_nothing_else",
    ),
    "A browser that says none of the three": (
        f"{ACCESS_UNITS}::test_foreign",
        f"{ACCESS_UNITS}::test_not_foreign",
    ),
    "`testbed up --env TESTBED_ALLOWED_HOSTS": (f"{ACCESS}::test_host_that_is_allowed",),
    "A request costs this": Reason("measured once"),
    # What is not enforced
    "Signatures are required, not checked": (f"{BY_HAND}::test_signature_is_not_checked",),
    "`S3_SKIP_SIGNATURE_VALIDATION=0` checks": READ,
    "a function URL with `AWS_IAM` may call it": (
        f"{ACCESS}::test_method_that_requires_a_signature",
        f"{ACCESS}::test_function_urls",
    ),
    "role is checked when": (
        f"{BY_HAND}::test_role_of_a_function_has_to_allow_what_lambda_does_for_it",
    ),
    "An update fails with an internal error": (
        f"{BY_HAND}::test_update_of_a_mapping_whose_role_may_not_read_the_queue",
    ),
    "`aws:SecureTransport` is always true": (f"{BY_HAND}::test_transport_is_secure",),
    "Messages for rejected destinations": NO_CLAIM,
    "Credentials of `GetSessionToken`": NOT_TRIED,
    "stay valid after their time is over": NOT_TRIED,
}
