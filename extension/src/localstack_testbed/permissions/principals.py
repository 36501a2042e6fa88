"""Who makes a request to LocalStack, in the terms of policies, and which policies are theirs.

Roles' sessions are known by the access key that STS gave them, users by their own; services by
what LocalStack says of its calls. Requests without a signature are anonymous. All others are the
account itself, which no policy binds here.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from weakref import WeakValueDictionary

from localstack_testbed.callers import internal_parameters_of, request_of
from localstack_testbed.decorators import patch
from localstack_testbed.permissions.evaluation import Principal
from localstack_testbed.permissions.policies import Policy, Values, parse, parse_or_deny
from localstack_testbed.permissions.signatures import access_key_of

SERVICES_DOMAIN = "amazonaws.com"

ANONYMOUS = Principal("anonymous", account=None, is_anonymous=True)

type Document = str | Mapping[str, Any]


class Sessions:
    """The sessions of roles by their access keys."""

    def __init__(self) -> None:
        self._by_key: WeakValueDictionary[str, Any] = WeakValueDictionary()

    def begun(self, session: Any) -> None:
        """Remember a session, as long as LocalStack does."""
        self._by_key[session.access_key_id] = session

    def of(self, access_key: str | None) -> Any | None:
        """Return the session with an access key, if there is one."""
        return self._by_key.get(access_key) if access_key else None


SESSIONS = Sessions()


def patch_sessions() -> None:
    """Remember the sessions that begin."""
    from moto.sts.models import STSBackend

    @patch(STSBackend.assume_role)
    def assume_role(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> Any:
        session = original(self, *args, **kwargs)
        SESSIONS.begun(session)
        return session


def principal_of(context: Any) -> Principal | None:
    """Return who makes a request, None if it is the account itself or LocalStack.

    Raises
    ------
    IncompleteSignatureError
        If the request has a header for a signature that is none.
    """
    access_key = access_key_of(request_of(context), context.operation)
    if session := SESSIONS.of(access_key):
        return role_principal(session.role_arn, session.session_name, session.policy)
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
        boundary=_boundary(getattr(role, "permissions_boundary_arn", None)),
        session=(parse_or_deny("session", session_policy),) if session_policy else None,
    )


def role_of(role_arn: str) -> Any | None:
    """Return LocalStack's role of an ARN, if there is one."""
    try:
        roles: Mapping[str, Any] = _iam(role_arn).roles
    except KeyError:  # a partition that there is not
        return None
    return next((role for role in list(roles.values()) if role.arn == role_arn), None)


def policies_of(identity: Any) -> Iterator[Policy]:
    """Return the policies of LocalStack's role, user or group: its own and those attached."""
    for name, document in list(identity.policies.items()):
        yield parse(name, document)
    for policy in list(identity.managed_policies.values()):
        yield _managed(policy)


def trust_policy_of(role_arn: str) -> Policy | None:
    """Return the policy that says who may assume a role."""
    role = role_of(role_arn)
    return parse("trust policy", role.assume_role_policy_document) if role else None


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
    from moto.iam.models import iam_backends

    backend = iam_backends[context.account_id][context.partition]
    for user in list(backend.users.values()):
        if any(key.access_key_id == access_key for key in user.access_keys):
            groups = [each for each in list(backend.groups.values()) if user in each.users]
            return Principal(
                user.arn,
                context.account_id,
                policies=tuple(policy for one in (user, *groups) for policy in policies_of(one)),
                boundary=_boundary(getattr(user, "permissions_boundary_arn", None)),
            )
    return None


def _boundary(policy_arn: str | None) -> Policy | None:
    if not policy_arn:
        return None
    return _managed(_iam(policy_arn).managed_policies[policy_arn])


def _managed(policy: Any) -> Policy:
    default = (each.document for each in policy.versions if each.is_default)
    return parse(policy.name, next(default, policy.document))


def _iam(arn: str) -> Any:
    from moto.iam.models import iam_backends

    _, partition, _, _, account, _ = arn.split(":", 5)
    return iam_backends[account][partition]
