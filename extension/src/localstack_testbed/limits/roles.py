"""Validation of roles: the size of their inline policies, and their trust policies.

The inline policies have at most 10,240 characters in total, without white space:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html. A trust policy has
statements, each with a principal:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from localstack_testbed.hooks.patching import patch

LIMIT = 10_240


def patch_roles() -> None:
    """Check the total size when PutRolePolicy adds a policy, and each trust policy."""
    from localstack.aws.api.iam import LimitExceededException, MalformedPolicyDocumentException
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

    @patch(IamProvider._validate_trust_policy)
    def validate_trust_policy(
        original: Callable[..., dict[str, Any]], self: Any, policy_document: str
    ) -> dict[str, Any]:
        if error := _error_of(policy_document):
            raise MalformedPolicyDocumentException(error)
        return original(self, policy_document)


def _error_of(trust_policy: str) -> str | None:
    """Return what is missing in a trust policy, or None; LocalStack checks that it is JSON."""
    try:
        policy = json.loads(trust_policy)
    except ValueError:
        return None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if (
        not isinstance(statements, list)
        or not statements
        or not all(isinstance(each, dict) for each in statements)
    ):
        return "Syntax errors in policy."
    for statement in statements:
        for name in ("Effect", "Principal", "Action"):
            if not statement.get(name) and not statement.get(f"Not{name}"):
                return f"Missing required field {name}"
    return None
