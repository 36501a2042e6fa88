"""The principals that send requests to LocalStack, and their policies.

Role sessions are identified by the access key that STS issued, users by their own access key, and
AWS services by LocalStack's internal request parameters. Requests without a signature are
anonymous. All others count as the account's root user, to whom no policy applies here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from localstack.constants import AWS_REGION_US_EAST_1

from localstack_testbed.hooks.patching import patch
from localstack_testbed.permissions.evaluation import Principal
from localstack_testbed.permissions.policies import Policy, Values, parse, parse_or_deny
from localstack_testbed.permissions.signatures import access_key_of
from localstack_testbed.requests.callers import internal_parameters_of, request_of

if TYPE_CHECKING:
    from localstack.aws.api.iam import Role, User
    from localstack.services.iam.models import (
        GroupEntity,
        IamStore,
        ManagedPolicyEntity,
        RoleEntity,
        UserEntity,
    )

SERVICES_DOMAIN = "amazonaws.com"

ANONYMOUS = Principal("anonymous", account=None, is_anonymous=True)

type Document = str | Mapping[str, Any]


@dataclass(frozen=True)
class Session:
    """A role session: the parameters of its AssumeRole call."""

    role_arn: str
    name: str
    policy: str | None


SESSIONS: dict[str, Session] = {}
"""Role sessions by access key; they do not expire."""


def patch_sessions() -> None:
    """Record new sessions, because LocalStack stores neither role path nor session policy."""
    from localstack.services.sts.provider import StsProvider

    for method in (
        StsProvider.assume_role,
        StsProvider.assume_role_with_saml,
        StsProvider.assume_role_with_web_identity,
    ):
        patch(method)(_remember_session)


def _remember_session(
    original: Callable[..., Any],
    self: Any,
    context: Any,
    role_arn: str,
    *args: Any,
    policy: str | None = None,
    **kwargs: Any,
) -> Any:
    response = original(self, context, role_arn, *args, policy=policy, **kwargs)
    name = response["AssumedRoleUser"]["Arn"].split("/")[-1]
    SESSIONS[response["Credentials"]["AccessKeyId"]] = Session(role_arn, name, policy)
    return response


def principal_of(context: Any) -> Principal | None:
    """Return the principal of a request, or None for the root user and LocalStack itself.

    Raises
    ------
    IncompleteSignatureError
        If the request's Authorization header is malformed.
    """
    access_key = access_key_of(request_of(context), context.operation)
    if access_key and (session := SESSIONS.get(access_key)):
        return role_principal(session.role_arn, session.name, session.policy)
    internal = internal_parameters_of(context)
    if internal is not None:
        service = internal.get("service_principal")
        return service_principal(service) if service else None
    return _user(access_key, context) if access_key else ANONYMOUS


def service_principal(service: str) -> Principal:
    """Return the principal of an AWS service, given as ``sns`` for ``sns.amazonaws.com``."""
    return Principal(f"{service}.{SERVICES_DOMAIN}", account=None)


def role_principal(role_arn: str, session_name: str, session_policy: str | None) -> Principal:
    """Return the principal of a role session; without policies if the role was deleted."""
    _, partition, _, _, account, name = role_arn.split(":", 5)
    arn = f"arn:{partition}:sts::{account}:assumed-role/{name.split('/')[-1]}/{session_name}"
    role = role_of(role_arn)
    return Principal(
        arn,
        account,
        role=role_arn,
        policies=tuple(policies_of(role)) if role else (),
        boundary=_boundary(role.role) if role else None,
        session=(parse_or_deny("session", session_policy),) if session_policy else None,
    )


def role_of(role_arn: str) -> RoleEntity | None:
    """Return the role with an ARN, or None if it does not exist."""
    role = _store(role_arn.split(":")[4]).ROLES.get(role_arn.split("/")[-1])
    return role if role and role.role["Arn"] == role_arn else None


def all_roles() -> Iterator[RoleEntity]:
    """Yield the roles of all accounts, sorted by name within each account."""
    from localstack.services.iam.models import iam_stores

    for account in list(iam_stores):
        roles = list(_store(account).ROLES.values())
        yield from sorted(roles, key=lambda each: each.role["RoleName"])


def policies_of(identity: RoleEntity | UserEntity | GroupEntity) -> Iterator[Policy]:
    """Yield the inline and attached policies of a role, user or group."""
    for name, document in list(identity.inline_policies.items()):
        yield parse(name, _decoded(document))
    for arn in list(identity.attached_policy_arns):
        yield _managed(arn)


def trust_policy_of(role_arn: str) -> Policy | None:
    """Return a role's trust policy, or None if the role does not exist."""
    role = role_of(role_arn)
    return parse("trust policy", _decoded(role.role["AssumeRolePolicyDocument"])) if role else None


def values_of(principal: Principal, context: Any, account: str) -> Values:
    """Return the global condition keys of a request.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    ``aws:SecureTransport`` is always true: policies that require TLS work without TLS here.
    """
    values: dict[str, str | tuple[str, ...]] = {
        "aws:requestedregion": context.region,
        "aws:securetransport": "true",
        "aws:principalisawsservice": str(principal.is_service).lower(),
        "aws:viaawsservice": "false",
    }
    if principal.is_service:
        internal = internal_parameters_of(context) or {}
        source = _source(str(internal.get("source_arn") or ""))
        values["aws:principalservicename"] = principal.arn
        values["aws:sourceaccount"] = (source.split(":")[4] if source else "") or account
        if source:
            values["aws:sourcearn"] = source
    elif principal.is_anonymous:
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
        values |= {"aws:principaltype": "Anonymous", "aws:userid": "anonymous"}
        if address := context.request.remote_addr:
            values["aws:sourceip"] = address
    else:
        values["aws:principalarn"] = principal.role or principal.arn
        values["aws:principalaccount"] = principal.account or ""
        if principal.role is None:
            values["aws:username"] = principal.arn.split("/")[-1]
        if address := context.request.remote_addr:
            values["aws:sourceip"] = address
    return values


def _source(arn: str) -> str:
    """Return the value of ``aws:SourceArn``; for an SNS subscription, it is the topic's ARN.

    https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html
    """
    is_subscription = arn.split(":")[2:3] == ["sns"] and arn.count(":") == 6
    return arn.rsplit(":", 1)[0] if is_subscription else arn


def _user(access_key: str, context: Any) -> Principal | None:
    store = _store(context.account_id)
    user = store.USERS.get(store.ACCESS_KEY_INDEX.get(access_key, ""))
    if user is None:
        return None
    name = user.user["UserName"]
    groups = [each for each in list(store.GROUPS.values()) if name in each.member_user_names]
    return Principal(
        user.user["Arn"],
        context.account_id,
        policies=(*policies_of(user), *chain.from_iterable(map(policies_of, groups))),
        boundary=_boundary(user.user),
    )


def _boundary(identity: Role | User) -> Policy | None:
    boundary = identity.get("PermissionsBoundary")
    return _managed(str(boundary["PermissionsBoundaryArn"])) if boundary else None


def _managed(arn: str) -> Policy:
    """Return the default version of an AWS managed or customer managed policy.

    A deleted policy allows nothing.
    """
    account, name = arn.split(":")[4], arn.partition(":policy/")[2]
    managed = _AWS_MANAGED if account == "aws" else _store(account).MANAGED_POLICIES
    found = managed.get(name if account == "aws" else arn)
    if found is None:
        return Policy(name, ())
    version = found.versions[str(found.policy["DefaultVersionId"])]
    return parse(str(found.policy["PolicyName"]), _decoded(version["Document"]))


_AWS_MANAGED: dict[str, ManagedPolicyEntity] = {}
"""AWS managed policies by path and name, which are the same in all partitions."""


def patch_managed_policies() -> None:
    """Copy the AWS managed policies, which LocalStack keeps inside its IAM provider."""
    from localstack.services.iam.provider import IamProvider

    @patch(IamProvider._build_aws_managed_policy_cache)
    def build(original: Callable[..., Any], self: Any) -> Any:
        policies: dict[str, ManagedPolicyEntity] = original(self)
        for arn, policy in policies.items():
            _AWS_MANAGED[arn.partition(":policy/")[2]] = policy
        return policies


def _decoded(document: str | None) -> str:
    """Return a policy document as sent; LocalStack stores most of them percent-encoded."""
    text = document or ""
    return text if text.lstrip().startswith("{") else unquote(text)


def _store(account: str) -> IamStore:
    """Return an account's IAM store, which is global."""
    from localstack.services.iam.models import iam_stores

    store: IamStore = iam_stores[account][AWS_REGION_US_EAST_1]
    return store
