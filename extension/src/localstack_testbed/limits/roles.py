"""IAM's quota for a role's inline policies: 10,240 characters in total, without white space.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from localstack_testbed.hooks.patching import patch

LIMIT = 10_240


def patch_roles() -> None:
    """Check the total size when PutRolePolicy adds a policy."""
    from localstack.aws.api.iam import LimitExceededException
    from localstack.services.iam.provider import IamProvider

    @patch(IamProvider.put_role_policy)
    def put_role_policy(
        original: Callable[..., None],
        self: Any,
        context: Any,
        role_name: str,
        policy_name: str,
        policy_document: str,
        **kwargs: Any,
    ) -> None:
        role = self._get_role_entity(self._get_store(context), role_name)
        others = (
            unquote(document)
            for name, document in role.inline_policies.items()
            if name != policy_name
        )
        if sum(len("".join(each.split())) for each in (policy_document, *others)) > LIMIT:
            raise LimitExceededException(
                f"Maximum policy size of {LIMIT} bytes exceeded for role {role_name}"
            )
        original(self, context, role_name, policy_name, policy_document, **kwargs)
