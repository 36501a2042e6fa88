"""Who makes a request to LocalStack, in the terms of policies, and which policies are theirs.

Roles' sessions are known by the access key that STS gave them, users by their own; services by
what LocalStack says of its calls. Requests without a signature are anonymous. All others are the
account itself, which no policy binds here.
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
    """A role's session: what AssumeRole was called with."""

    role_arn: str
    name: str
    policy: str | None


SESSIONS: dict[str, Session] = {}
"""The sessions of roles by their access keys; they do not expire."""


def patch_sessions() -> None:
    """Remember the sessions that begin: STS stores neither the role's path nor the policy."""
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
    """Return who makes a request, None if it is the account itself or LocalStack.

    Raises
    ------
    IncompleteSignatureError
        If the request has a header for a signature that is none.
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
    """Return one of AWS's services, by the first part of its name."""
    return Principal(f"{service}.{SERVICES_DOMAIN}", account=None)


def role_principal(role_arn: str, session_name: str, session_policy: str | None) -> Principal:
    """Return a role's session, with no policies if there is no such role any more."""
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
    """Return LocalStack's role of an ARN, if there is one."""
    role = _store(role_arn.split(":")[4]).ROLES.get(role_arn.split("/")[-1])
    return role if role and role.role["Arn"] == role_arn else None


def all_roles() -> Iterator[RoleEntity]:
    """Return the roles of all accounts, those of an account by their names."""
    from localstack.services.iam.models import iam_stores

    for account in list(iam_stores):
        roles = list(_store(account).ROLES.values())
        yield from sorted(roles, key=lambda each: each.role["RoleName"])


def policies_of(identity: RoleEntity | UserEntity | GroupEntity) -> Iterator[Policy]:
    """Return the policies of LocalStack's role, user or group: its own and those attached."""
    for name, document in list(identity.inline_policies.items()):
        yield parse(name, _decoded(document))
    for arn in list(identity.attached_policy_arns):
        yield _managed(arn)


def trust_policy_of(role_arn: str) -> Policy | None:
    """Return the policy that says who may assume a role."""
    role = role_of(role_arn)
    return parse("trust policy", _decoded(role.role["AssumeRolePolicyDocument"])) if role else None


def values_of(principal: Principal, context: Any, account: str) -> Values:
    """Return the condition keys that are about the principal and the request as such.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    AWS's endpoints are asked by TLS, and so are these in the eyes of policies.
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
    """Return the ARN of what a service acts for: of a subscription to a topic, the topic.

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
    """Return the default version of a managed policy, AWS's or a customer's.

    One that does not exist any more allows nothing.
    """
    account, name = arn.split(":")[4], arn.partition(":policy/")[2]
    managed = _AWS_MANAGED if account == "aws" else _store(account).MANAGED_POLICIES
    found = managed.get(name if account == "aws" else arn)
    if found is None:
        return Policy(name, ())
    version = found.versions[str(found.policy["DefaultVersionId"])]
    return parse(str(found.policy["PolicyName"]), _decoded(version["Document"]))


_AWS_MANAGED: dict[str, ManagedPolicyEntity] = {}
"""AWS's managed policies by path and name, which are the same in all partitions."""


def patch_managed_policies() -> None:
    """Share AWS's managed policies, which only the provider of IAM has."""
    from localstack.services.iam.provider import IamProvider

    @patch(IamProvider._build_aws_managed_policy_cache)
    def build(original: Callable[..., Any], self: Any) -> Any:
        policies: dict[str, ManagedPolicyEntity] = original(self)
        for arn, policy in policies.items():
            _AWS_MANAGED[arn.partition(":policy/")[2]] = policy
        return policies


def _decoded(document: str | None) -> str:
    """Return a document as it was sent: LocalStack stores most of them in percent-encoding."""
    text = document or ""
    return text if text.lstrip().startswith("{") else unquote(text)


def _store(account: str) -> IamStore:
    """Return the IAM of an account; all its regions have the same."""
    from localstack.services.iam.models import iam_stores

    store: IamStore = iam_stores[account][AWS_REGION_US_EAST_1]
    return store
