"""AWS's policy evaluation logic.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from localstack_testbed.permissions.conditions import is_met
from localstack_testbed.permissions.policies import Pattern, Policy, Statement, Values

IDENTITY = "identity-based policy"
RESOURCE = "resource-based policy"
BOUNDARY = "permissions boundary"
SESSION = "session policy"


@dataclass(frozen=True)
class Principal:
    """The sender of a request: an IAM user, a role session, an AWS service, or anonymous.

    ``arn`` is the name in error messages; for a service, it is the service's name, such as
    ``sns.amazonaws.com``, and ``account`` is None. Without a ``boundary`` or ``session`` policies
    (None), there is no such restriction. Requests without a signature are anonymous; they have no
    account either.
    """

    arn: str
    account: str | None
    role: str | None = None
    policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] | None = None
    is_anonymous: bool = False

    @property
    def is_service(self) -> bool:
        """Whether it is an AWS service, which has no identity-based policies."""
        return self.account is None and not self.is_anonymous


@dataclass(frozen=True)
class Request:
    """An action on a resource; ``resource`` is None if its ARN is unknown."""

    action: str
    resource: str | None
    values: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    """The statement that decided, with the ``Action`` and ``Resource`` elements that matched."""

    policy: Policy
    statement: Statement
    action: str
    resource: str


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, and which kind of policy and statement decided.

    ``match`` is None if no statement allows the request (implicit deny).
    """

    allowed: bool
    kind: str
    match: Match | None = None


def evaluate(
    principal: Principal,
    request: Request,
    resource_policy: Policy | None = None,
    resource_account: str | None = None,
) -> Decision:
    """Decide whether a request is allowed.

    An explicit deny in any policy wins. Services and anonymous principals are allowed by the
    resource-based policy only. Within one account, an allow in the identity-based or the
    resource-based policy is enough; across accounts, both have to allow. Permissions boundary and
    session policies restrict what the identity-based policies allow and what the resource-based
    policy allows to the role, but not what the latter allows to the session's ARN.
    """
    restrictions: list[tuple[str, Sequence[Policy]]] = []
    if principal.session is not None:
        restrictions.append((SESSION, principal.session))
    if principal.boundary is not None:
        restrictions.append((BOUNDARY, (principal.boundary,)))
    own = (resource_policy,) if resource_policy else ()

    for kind, policies in ((RESOURCE, own), (IDENTITY, principal.policies), *restrictions):
        if denial := _first_match(
            False, policies, request, principal if kind == RESOURCE else None
        ):
            return Decision(False, kind, denial)

    elsewhere = resource_account not in (None, principal.account)
    # Within the account, a policy that allows the whole account only delegates to its
    # identity-based policies.
    by_resource = _first_match(True, own, request, principal, directly=not elsewhere)
    if principal.account is None:
        return Decision(by_resource is not None, RESOURCE, by_resource)
    by_identity = _first_match(True, principal.policies, request)
    if elsewhere and by_resource is None:
        return Decision(False, RESOURCE)
    if not elsewhere and by_resource and _names_session(by_resource.statement, principal):
        return Decision(True, RESOURCE, by_resource)
    grant = by_identity if elsewhere else by_identity or by_resource
    if grant is None:
        return Decision(False, IDENTITY)
    for kind, policies in restrictions:
        if not _first_match(True, policies, request):
            return Decision(False, kind)
    return Decision(True, RESOURCE if grant is by_resource else IDENTITY, grant)


def _first_match(
    allows: bool,
    policies: Iterable[Policy],
    request: Request,
    principal: Principal | None = None,
    directly: bool = False,
) -> Match | None:
    """Return the first statement with the given effect that matches request and principal."""
    for policy in policies:
        for statement in policy.statements:
            if (
                statement.allows == allows
                and (action := _matching_action(statement, request)) is not None
                and (resource := _matching_resource(statement, request)) is not None
                and (principal is None or _applies_to(statement, principal, directly))
                and all(is_met(each, request.values) for each in statement.conditions)
            ):
                return Match(policy, statement, action, resource)
    return None


def _matching_action(statement: Statement, request: Request) -> str | None:
    def match(patterns: Iterable[Pattern]) -> str | None:
        found = (each for each in patterns if each.matches(request.action, {}, ignore_case=True))
        return next((each.text for each in found), None)

    if statement.except_actions:
        return None if match(statement.except_actions) is not None else "*"
    return match(statement.actions)


def _matching_resource(statement: Statement, request: Request) -> str | None:
    name = request.resource

    def match(patterns: Iterable[Pattern]) -> str | None:
        found = (each for each in patterns if name is None or each.matches(name, request.values))
        return next((each.text for each in found), None)

    if statement.except_resources:
        return None if name and match(statement.except_resources) is not None else "*"
    if not statement.resources:  # a trust policy, which applies to its role
        return "*"
    return match(statement.resources)


def _applies_to(statement: Statement, principal: Principal, directly: bool) -> bool:
    """Return whether a statement applies to a principal.

    With ``directly``, a statement that names the principal's whole account does not count.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    if statement.except_principals:
        return not _names_principal(statement.except_principals, principal, directly=False)
    return _names_principal(statement.principals, principal, directly)


def _names_principal(
    principals: Mapping[str, tuple[str, ...]], principal: Principal, directly: bool
) -> bool:
    if principal.is_anonymous:
        return "*" in principals.get("AWS", ())
    if principal.is_service:
        return principal.arn in principals.get("Service", ()) or "*" in principals.get("AWS", ())
    meant = {"*", principal.arn, principal.role}
    if not directly:
        partition = principal.arn.split(":")[1]
        meant |= {principal.account, f"arn:{partition}:iam::{principal.account}:root"}
    return any(name in meant for name in principals.get("AWS", ()))


def _names_session(statement: Statement, principal: Principal) -> bool:
    """Return whether a statement names the user or session itself, and not only its role."""
    return principal.arn in statement.principals.get("AWS", ())
