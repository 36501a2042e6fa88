"""Inline policies without a version, which IAM takes for version 2008-10-17.

LocalStack demands version 2012-10-17 of all policies, IAM only of managed ones. The policies that
SAM makes of its policy templates have no version.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch, replace


def patch_validation() -> None:
    """Check the version of managed policies only."""
    from localstack.services.iam import policy_validation, provider

    strict: Any = policy_validation.IAMPolicyDocumentValidator

    class Lenient(strict):  # type: ignore[misc]
        def _validate_version(self) -> None:
            """The syntax check has seen that it is one of the two versions, if there is one."""

    replace(provider, "IAMPolicyDocumentValidator", Lenient)

    def check_first(operation: Callable[..., Any]) -> None:
        @patch(operation)
        def with_version(
            original: Callable[..., Any], self: Any, context: Any, *args: Any, **kwargs: Any
        ) -> Any:
            strict(kwargs["policy_document"]).validate()
            return original(self, context, *args, **kwargs)

    check_first(provider.IamProvider.create_policy)
    check_first(provider.IamProvider.create_policy_version)
