"""AWS's policy evaluation logic, case by case.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from localstack_testbed.permissions.evaluation import (
    BOUNDARY,
    IDENTITY,
    RESOURCE,
    SESSION,
    Principal,
    Request,
    evaluate,
)
from localstack_testbed.permissions.policies import Policy, PolicyError, Values, parse

ACCOUNT, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reader"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/someone"
OBJECT = "arn:aws:s3:::bucket/a/b.txt"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs"


def policy(*statements: dict[str, Any], version: str = "2012-10-17") -> Policy:
    return parse("p", json.dumps({"Version": version, "Statement": list(statements)}))


def allow(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def role(*policies: Policy, **more: Any) -> Principal:
    return Principal(SESSION_ARN, ACCOUNT, role=ROLE, policies=policies, **more)


READ = Request("s3:GetObject", OBJECT)


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([], False, id="nothing is allowed by itself"),
        pytest.param([allow("s3:GetObject", OBJECT)], True, id="the very action and resource"),
        pytest.param([allow("S3:getobject", OBJECT)], True, id="actions in any case"),
        pytest.param([allow("s3:GetObject", OBJECT.upper())], False, id="resources as they are"),
        pytest.param([allow("s3:Get*", "arn:aws:s3:::bucket/*")], True, id="wildcards"),
        pytest.param([allow("s3:GetObjec?", "arn:*/a/?.txt")], True, id="one character"),
        pytest.param([allow("s3:*", "arn:aws:s3:::bucket")], False, id="a bucket is no object"),
        pytest.param([allow(["s3:Put*", "s3:Get*"], [QUEUE, OBJECT])], True, id="one of several"),
        pytest.param([allow(), deny("s3:GetObject")], False, id="an explicit deny wins"),
        pytest.param([deny("s3:PutObject"), allow()], True, id="a deny of something else"),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], True, id="NotAction"
        ),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}], False, id="not NotAction"
        ),
        pytest.param(
            [{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}],
            False,
            id="NotResource",
        ),
        pytest.param(
            [{"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::bucket/*"}, allow()],
            True,
            id="a deny of all the rest",
        ),
    ],
)
def test_identity_policies(statements: list[dict[str, Any]], allowed: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html"""
    assert evaluate(role(policy(*statements)), READ).allowed is allowed


def grant(principal: Any, **more: Any) -> Policy:
    return policy(allow("*", "*", Principal=principal, **more))


@pytest.mark.parametrize(
    ("resource_policy", "allowed"),
    [
        pytest.param(grant("*"), True, id="everybody"),
        pytest.param(grant({"AWS": ROLE}), True, id="the role"),
        pytest.param(grant({"AWS": SESSION_ARN}), True, id="the session"),
        pytest.param(grant({"AWS": [f"{ROLE}2", ROLE]}), True, id="one of several"),
        pytest.param(grant({"AWS": ACCOUNT}), False, id="the account only delegates"),
        pytest.param(grant({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), False, id="so does its root"),
        pytest.param(grant({"AWS": f"{ROLE}2"}), False, id="another role"),
        pytest.param(grant({"Service": "sns.amazonaws.com"}), False, id="a service"),
        pytest.param(
            policy({"Effect": "Allow", "Action": "*", "Resource": "*", "NotPrincipal": "*"}),
            False,
            id="nobody",
        ),
    ],
)
def test_resource_policy_allows_by_itself_in_its_account(
    resource_policy: Policy, allowed: bool
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html"""
    decision = evaluate(role(), READ, resource_policy, ACCOUNT)
    assert decision.allowed is allowed
    assert decision.kind == (RESOURCE if allowed else IDENTITY)


@pytest.mark.parametrize("by_identity", [True, False])
@pytest.mark.parametrize("by_resource", [True, False])
def test_across_accounts_both_have_to_allow(by_identity: bool, by_resource: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html"""
    principal = role(policy(allow())) if by_identity else role()
    resource_policy = grant({"AWS": ACCOUNT}) if by_resource else None
    decision = evaluate(principal, READ, resource_policy, OTHER)
    assert decision.allowed is (by_identity and by_resource)


def test_deny_in_a_resource_policy_wins() -> None:
    resource_policy = policy(deny("*", "*", Principal={"AWS": ACCOUNT}))
    decision = evaluate(role(policy(allow())), READ, resource_policy, ACCOUNT)
    assert (decision.allowed, decision.kind, decision.match is None) == (False, RESOURCE, False)


@pytest.mark.parametrize(("name", "kind"), [("boundary", BOUNDARY), ("session", SESSION)])
def test_restrictions_allow_nothing_and_limit_the_rest(name: str, kind: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""

    def restricted(*statements: dict[str, Any]) -> dict[str, Any]:
        one = policy(*statements)
        return {name: one if name == "boundary" else (one,)}

    mine = policy(allow())
    assert not evaluate(role(**restricted(allow())), READ).allowed
    assert evaluate(role(mine, **restricted(allow("s3:*"))), READ).allowed
    denied = evaluate(role(mine, **restricted(allow("sqs:*"))), READ)
    assert (denied.allowed, denied.kind) == (False, kind)
    by_role = evaluate(role(**restricted()), READ, grant({"AWS": ROLE}), ACCOUNT)
    by_session = evaluate(role(**restricted()), READ, grant({"AWS": SESSION_ARN}), ACCOUNT)
    assert (by_role.allowed, by_session.allowed) == (False, True)


def test_service_needs_the_policy_of_the_resource() -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html"""
    sns = Principal("sns.amazonaws.com", account=None)
    topic = f"arn:aws:sns:eu-west-1:{ACCOUNT}:news"
    send = Request("sqs:SendMessage", QUEUE, {"aws:sourcearn": topic})
    condition = {"ArnEquals": {"aws:SourceArn": topic}}
    service = {"Service": "sns.amazonaws.com"}
    assert evaluate(sns, send, grant(service, Condition=condition), ACCOUNT).allowed
    other = {"ArnEquals": {"aws:SourceArn": f"{topic}2"}}
    assert not evaluate(sns, send, grant(service, Condition=other), ACCOUNT).allowed
    assert not evaluate(sns, send, grant({"Service": "s3.amazonaws.com"}), ACCOUNT).allowed
    assert not evaluate(sns, send, None, ACCOUNT).allowed


VALUES: Values = {
    "s3:prefix": "home/ann/",
    "aws:sourcearn": f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/tick",
    "aws:securetransport": "true",
    "aws:username": "ann",
    "aws:sourceip": "10.1.2.3",
    "aws:currenttime": "2026-11-24T12:00:00Z",
    "s3:max-keys": "10",
    "aws:tagkeys": ("team", "cost"),
}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "expected"),
    [
        ("StringEquals", "s3:prefix", "home/ann/", True),
        ("StringEquals", "S3:Prefix", ["x", "home/ann/"], True),
        ("StringEquals", "s3:prefix", "home/${aws:username}/", True),
        ("StringEquals", "s3:prefix", "home/${aws:nothing}/", False),
        ("StringEquals", "s3:prefix", "home/${aws:nothing, 'ann'}/", True),
        ("StringEquals", "s3:prefix", "HOME/ann/", False),
        ("StringEqualsIgnoreCase", "s3:prefix", "HOME/ann/", True),
        ("StringNotEquals", "s3:prefix", ["a", "b"], True),
        ("StringNotEquals", "s3:prefix", ["a", "home/ann/"], False),
        ("StringLike", "s3:prefix", "home/*", True),
        ("StringLike", "s3:prefix", "hom?/", False),
        ("StringNotLike", "s3:prefix", "home/*", False),
        ("StringEquals", "aws:missing", "x", False),
        ("StringNotEquals", "aws:missing", "x", True),
        ("StringEqualsIfExists", "aws:missing", "x", True),
        ("StringLikeIfExists", "s3:prefix", "other/*", False),
        ("Null", "aws:missing", "true", True),
        ("Null", "s3:prefix", True, False),
        ("Null", "s3:prefix", "false", True),
        ("ArnLike", "aws:SourceArn", f"arn:aws:events:*:{ACCOUNT}:rule/*", True),
        ("ArnEquals", "aws:SourceArn", "arn:aws:events:*:*:rule/t?ck", True),
        ("ArnLike", "aws:SourceArn", "arn:aws:events:*", False),
        ("ArnNotLike", "aws:SourceArn", "arn:aws:events:*:*:rule/*", False),
        ("Bool", "aws:SecureTransport", "true", True),
        ("Bool", "aws:SecureTransport", False, False),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("NotIpAddress", "aws:SourceIp", ["192.168.0.0/16", "10.1.0.0/16"], False),
        ("NumericLessThanEquals", "s3:max-keys", "10", True),
        ("NumericGreaterThan", "s3:max-keys", 10, False),
        ("NumericNotEquals", "s3:max-keys", "11", True),
        ("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", True),
        ("DateLessThan", "aws:CurrentTime", "1700000000", False),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team", "cost", "x"], True),
        ("ForAllValues:StringEquals", "aws:TagKeys", ["team"], False),
        ("ForAllValues:StringEquals", "aws:missing", ["team"], True),
        ("ForAnyValue:StringEquals", "aws:TagKeys", ["cost"], True),
        ("ForAnyValue:StringEquals", "aws:missing", ["cost"], False),
        ("ForAnyValue:StringNotEquals", "aws:missing", ["cost"], False),
        ("StringAlmostEquals", "s3:prefix", "home/ann/", False),
    ],
)
def test_conditions(operator: str, key: str, wanted: Any, expected: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
    statement = allow(Condition={operator: {key: wanted}})
    request = Request("s3:ListBucket", "arn:aws:s3:::bucket", VALUES)
    assert evaluate(role(policy(statement)), request).allowed is expected


def test_all_conditions_have_to_be_met() -> None:
    conditions = {"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"s3:prefix": "no"}}
    request = Request("s3:ListBucket", "arn:aws:s3:::bucket", VALUES)
    assert not evaluate(role(policy(allow(Condition=conditions))), request).allowed


def test_variables_in_resources_need_the_newer_version() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html"""
    statement = allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*")
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/ann/x", VALUES)
    assert evaluate(role(policy(statement)), request).allowed
    assert not evaluate(role(policy(statement, version="2008-10-17")), request).allowed


def test_value_of_a_variable_has_no_wildcards() -> None:
    statement = allow("s3:*", "arn:aws:s3:::bucket/${aws:username}/*")
    values = {"aws:username": "*"}
    request = Request("s3:GetObject", "arn:aws:s3:::bucket/ann/x", values)
    assert not evaluate(role(policy(statement)), request).allowed


def test_unknown_resource_matches_any() -> None:
    assert evaluate(role(policy(allow("x:Do", QUEUE))), Request("x:Do", None)).allowed


def test_decision_names_what_decided() -> None:
    mine = policy(deny("sqs:*"), allow(["s3:Put*", "s3:Get*"], ["arn:aws:s3:::bucket/a/*"]))
    match = evaluate(role(mine), READ).match
    assert match is not None
    assert (match.action, match.resource) == ("s3:Get*", "arn:aws:s3:::bucket/a/*")
    assert ("s3:Put*", "arn:aws:s3:::bucket/a/*") in mine.permissions


@pytest.mark.parametrize("document", ["", "[]", '{"Statement": [{"Effect": "Maybe"}]}'])
def test_invalid_policy_is_rejected(document: str) -> None:
    with pytest.raises(PolicyError):
        parse("p", document)


ANYONE = Principal("anonymous", account=None, is_anonymous=True)


@pytest.mark.parametrize(
    ("statements", "allowed"),
    [
        pytest.param([], False, id="nothing is allowed by itself"),
        pytest.param([allow(Principal="*")], True, id="everybody"),
        pytest.param([allow(Principal={"AWS": "*"})], True, id="everybody, as an account"),
        pytest.param([allow(Principal={"AWS": ACCOUNT})], False, id="an account"),
        pytest.param([allow(Principal={"Service": "sns.amazonaws.com"})], False, id="a service"),
        pytest.param([allow(NotPrincipal={"AWS": ROLE})], True, id="everybody but a role"),
        pytest.param([allow(Principal="*"), deny(Principal="*")], False, id="a deny"),
        pytest.param(
            [allow(Principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})],
            False,
            id="a condition on the account",
        ),
    ],
)
def test_anonymous_principal(statements: list[dict[str, Any]], allowed: bool) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous"""
    for owner in (ACCOUNT, OTHER, None):
        decision = evaluate(ANYONE, READ, policy(*statements), owner)
        assert decision.allowed is allowed
        assert decision.kind == RESOURCE


def test_invalid_condition_is_rejected() -> None:
    with pytest.raises(PolicyError):
        policy(allow(Condition={"StringEquals": "a"}))
