"""The claims of docs/permissions.md, and the tests that show them."""

from __future__ import annotations

from tests.docs.claims.evidence import (
    ACCESS,
    ACCESS_UNITS,
    DIFFERENCES,
    NO_CLAIM,
    NOT_TRIED,
    PERMISSION_UNITS,
    PERMISSIONS,
    PERMISSIONS_PAGE,
    READ,
    Claims,
)

CLAIMS: Claims = {
    "Free emulators deny nothing": NO_CLAIM,
    "a call succeeds only if policies allow it": (
        f"{PERMISSIONS_PAGE}::test_policies_apply_to_users_but_not_to_the_account",
    ),
    "the container and the tests enforce them by default": (
        f"{PERMISSIONS}::test_promises_are_kept_and_everything_allowed_is_used",
    ),
    "ENFORCE_IAM=0` restores LocalStack's behavior": (
        "tests/extension/live/lambda_executor/test_environment_lifecycle.py::test_environment_is_reused",
    ),
    "are candidates for removal": ("tests/cli/test_aws_target.py::test_permissions_are_shown",),
    "`testbed permissions --unused` exits with status 1": (
        "tests/testbed/commands/test_options.py::test_json_of_unused_permissions_has_no_others",
    ),
    "`--reset` sets all counts to zero": (
        "tests/cli/test_aws_target.py::test_permissions_are_shown",
    ),
    "In tests, use the fixture": NO_CLAIM,
    "has no unnecessary permissions": (
        f"{PERMISSIONS}::test_promises_are_kept_and_everything_allowed_is_used",
    ),
    "remove each action on each resource": (
        f"{PERMISSIONS}::test_nothing_in_the_template_is_forgotten",
        f"{PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "Each removal breaks a test": (
        f"{PERMISSIONS}::test_promise_is_broken_without_it_and_the_report_says_why",
    ),
    "an explicit deny wins": (
        f"{PERMISSION_UNITS}::test_deny_in_a_resource_policy_wins",
        f"{PERMISSION_UNITS}::test_resource_policy_allows_by_itself_in_its_account",
        f"{PERMISSION_UNITS}::test_across_accounts_both_have_to_allow",
    ),
    "Conditions support all operators": (f"{PERMISSION_UNITS}::test_conditions",),
    "some permissions are checked before they are used": (
        f"{PERMISSIONS_PAGE}::test_role_of_a_function_must_trust_lambda",
        f"{PERMISSIONS_PAGE}::test_role_of_a_function_must_allow_what_lambda_does_for_it",
        f"{PERMISSIONS_PAGE}::test_role_of_a_schedule_must_trust_scheduler",
    ),
    "A request for a missing S3 object returns 403": (
        f"{PERMISSIONS_PAGE}::test_missing_object_is_403_without_permission_to_list",
    ),
    "Actions, resources and condition keys are known": NOT_TRIED,
    "For other services the resource is the first ARN": (
        f"{PERMISSIONS_PAGE}::test_call_of_a_service_without_a_table_of_actions",
    ),
    "`iam:PassRole`, tags": (f"{DIFFERENCES}::test_pass_role_is_not_enforced",),
    "Calls between services are checked only if": NOT_TRIED,
    # Requests without a signature
    "They are anonymous, as on AWS": (
        f"{ACCESS}/test_signatures.py::test_without_signature",
        f"{PERMISSION_UNITS}::test_anonymous_principal",
    ),
    "The policy of a bucket, queue or topic can allow them": (
        f"{ACCESS}/test_buckets.py::test_public_bucket",
        f"{ACCESS}/test_buckets.py::test_public_object",
        f"{ACCESS}/test_signatures.py::test_queue_that_is_open_to_everybody",
        f"{PERMISSIONS_PAGE}::test_topic_that_is_open_to_everybody",
        f"{PERMISSIONS_PAGE}::test_new_bucket_blocks_public_access",
    ),
    "So can the access control lists": (
        f"{ACCESS}/test_buckets.py::test_public_object",
        f"{PERMISSIONS_PAGE}::test_new_bucket_blocks_public_access",
    ),
    "All other requests without a valid signature are rejected": (
        f"{ACCESS}/test_signatures.py::test_without_signature",
        f"{ACCESS}/test_signatures.py::test_incomplete_signature",
    ),
    "are open unless their authorization is `AWS_IAM`": (
        f"{ACCESS}/test_public_endpoints.py::test_stage_is_open_to_pages",
        f"{ACCESS}/test_public_endpoints.py::test_method_that_requires_a_signature",
        f"{ACCESS}/test_public_endpoints.py::test_function_urls",
    ),
    "These also work without a signature, as on AWS": (
        f"{ACCESS}/test_signatures.py::test_operation_that_requires_no_signature",
    ),
    "`AssumeRoleWithWebIdentity` and similar operations": (
        f"{ACCESS}/test_signatures.py::test_operation_that_requires_no_signature",
        f"{ACCESS}/test_pages.py::test_link_in_an_email",
    ),
    "A presigned URL or form has the permissions of its signer": (
        f"{ACCESS}/test_buckets.py::test_presigned_url_and_form",
        f"{PERMISSIONS_PAGE}::test_presigned_url_has_the_permissions_of_its_signer",
    ),
    "To call an operation with curl": (f"{PERMISSIONS_PAGE}::test_curl_signs_requests",),
    "`curl --aws-sigv4": (f"{PERMISSIONS_PAGE}::test_curl_signs_requests",),
    # Who may call at all
    "They apply to every path and to signed requests too": (
        f"{ACCESS}/test_hosts.py::test_host_that_others_can_point_here",
        f"{ACCESS}/test_hosts.py::test_signed_request_to_another_host",
        f"{ACCESS}/test_pages.py::test_rules_apply_without_permissions",
    ),
    "Any web page can send requests": NO_CLAIM,
    "The following rules keep web pages out": NO_CLAIM,
    "a message that names the setting": (
        f"{ACCESS}/test_hosts.py::test_host_that_others_can_point_here",
        f"{ACCESS}/test_pages.py::test_rejection_names_the_setting",
    ),
    "says what else is protected": NO_CLAIM,
    "**The `Host` header** must be a name": (
        f"{ACCESS_UNITS}::test_own_names",
        f"{ACCESS_UNITS}::test_other_names",
        f"{ACCESS_UNITS}::test_names_that_change_while_localstack_runs",
        f"{ACCESS}/test_hosts.py::test_host_is_a_custom_domain",
    ),
    "**Requests from pages of another origin** are rejected": (
        f"{ACCESS_UNITS}::test_foreign",
        f"{ACCESS}/test_pages.py::test_page_cannot_create_a_stack",
        f"{ACCESS}/test_pages.py::test_page_cannot_post_a_signed_form",
    ),
    "The browser declares the origin in": (f"{ACCESS_UNITS}::test_foreign",),
    "Another port of this machine is another origin": (
        f"{ACCESS}/test_pages.py::test_page_on_another_port",
    ),
    "`EXTRA_CORS_ALLOWED_ORIGINS` allows further origins": (
        f"{ACCESS}/test_pages.py::test_own_page_and_allowed_page",
    ),
    "LocalStack's own (`app.localstack.cloud`": (
        f"{ACCESS}/test_pages.py::test_no_foreign_origin_is_built_in",
    ),
    "are open to every page": (
        f"{ACCESS}/test_public_endpoints.py::test_stage_is_open_to_pages",
        f"{ACCESS}/test_public_endpoints.py::test_function_urls",
        f"{ACCESS}/test_buckets.py::test_website_is_open_to_pages",
        f"{ACCESS}/test_pages.py::test_link_in_an_email",
        f"{ACCESS}/test_buckets.py::test_bucket_open_to_an_origin",
        f"{ACCESS}/test_pages.py::test_host_of_a_stage_opens_nothing_else",
    ),
    "**Browsers that send none of these headers**": (
        f"{ACCESS_UNITS}::test_foreign",
        f"{ACCESS_UNITS}::test_not_foreign",
    ),
    "Use 127.0.0.1 or localhost instead": (f"{ACCESS_UNITS}::test_not_foreign",),
    "To set both": NO_CLAIM,
    "`testbed up --env TESTBED_ALLOWED_HOSTS": (
        f"{ACCESS}/test_hosts.py::test_host_that_is_allowed",
    ),
    # What is not enforced
    "Signatures are required but not verified": (
        f"{PERMISSIONS_PAGE}::test_signature_is_not_verified",
    ),
    "`S3_SKIP_SIGNATURE_VALIDATION=0` verifies": READ,
    "Any signed request can call an API stage or function URL": (
        f"{ACCESS}/test_public_endpoints.py::test_method_that_requires_a_signature",
        f"{ACCESS}/test_public_endpoints.py::test_function_urls",
    ),
    "The role of an event source mapping is checked when": (
        f"{PERMISSIONS_PAGE}::test_role_of_a_function_must_allow_what_lambda_does_for_it",
    ),
    "An update fails with an internal error": (
        f"{PERMISSIONS_PAGE}::test_update_of_a_mapping_whose_role_cannot_read_the_queue",
    ),
    "`aws:SecureTransport` is always true": (f"{PERMISSIONS_PAGE}::test_transport_is_secure",),
    "A function URL with `NONE` needs": (f"{ACCESS}/test_public_endpoints.py::test_function_urls",),
    "Nothing on this page was run on AWS": NO_CLAIM,
    "The error messages for rejected destinations": NO_CLAIM,
    "Credentials from `GetSessionToken`": NOT_TRIED,
    "remain valid after they expire": NOT_TRIED,
}
