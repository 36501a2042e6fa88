"""A role's inline policies have 10,240 characters together, in which white space does not count.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.decorators import patch

LIMIT = 10_240


def patch_roles() -> None:
    """Check the sum when a policy is put into a role."""
    from localstack.aws.api.iam import LimitExceededException
    from moto.iam.models import IAMBackend

    @patch(IAMBackend.put_role_policy)
    def put_role_policy(
        original: Callable[..., None], self: Any, role_name: str, policy_name: str, policy_json: str
    ) -> None:
        documents = {**self.get_role(role_name).policies, policy_name: policy_json}
        if sum(len("".join(document.split())) for document in documents.values()) > LIMIT:
            raise LimitExceededException(
                f"Maximum policy size of {LIMIT} bytes exceeded for role {role_name}"
            )
        original(self, role_name, policy_name, policy_json)
