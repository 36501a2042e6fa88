"""Policies of users, groups and roles, with IAM enforcement.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients, LocalStack, running_localstack

READ_ONLY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
MINE = "arn:aws:iam::000000000000:role"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str, resource: str = "*") -> str:
    return document({"Effect": "Allow", "Action": action, "Resource": resource})


def trust(principal: dict[str, str], action: str = "sts:AssumeRole") -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": action})


ANYBODY = trust({"AWS": "*"})


@pytest.fixture(scope="module")
def enforcing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    folder: Path = tmp_path_factory.mktemp("permissions")
    with running_localstack(folder, ENFORCE_IAM="1") as running:
        yield running


@pytest.fixture(scope="module")
def aws(enforcing: LocalStack) -> Clients:
    return Clients(enforcing.endpoint)


@pytest.fixture
def name() -> str:
    return f"test-{uuid.uuid4().hex[:8]}"


type Login = Callable[[dict[str, str]], Any]


@pytest.fixture
def s3_with(enforcing: LocalStack) -> Login:
    """Creates an S3 client with the credentials in a response of IAM or STS."""

    def login(credentials: dict[str, str]) -> Any:
        return boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=enforcing.endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
        )

    return login


def may(call: Callable[[], Any]) -> bool:
    """Return whether a call is allowed; other errors than AccessDenied fail the test."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True


@pytest.fixture
def user(aws: Clients, name: str, s3_with: Login) -> Any:
    """An S3 client of a new user, whose name is the fixture ``name``."""
    aws["iam"].create_user(UserName=name)
    return s3_with(aws["iam"].create_access_key(UserName=name)["AccessKey"])


def test_user_has_inline_policies(user: Any, aws: Clients, name: str) -> None:
    assert not may(user.list_buckets)
    aws["iam"].put_user_policy(
        UserName=name, PolicyName="p", PolicyDocument=allow("s3:ListAllMyBuckets")
    )
    assert may(user.list_buckets)


def test_user_has_the_policies_of_groups(user: Any, aws: Clients, name: str) -> None:
    iam = aws["iam"]
    iam.create_group(GroupName=name)
    iam.put_group_policy(
        GroupName=name, PolicyName="p", PolicyDocument=allow("s3:ListAllMyBuckets")
    )
    assert not may(user.list_buckets)
    iam.add_user_to_group(GroupName=name, UserName=name)
    assert may(user.list_buckets)
    iam.remove_user_from_group(GroupName=name, UserName=name)
    assert not may(user.list_buckets)


def test_managed_policy_of_aws(user: Any, aws: Clients, name: str) -> None:
    aws["iam"].attach_user_policy(UserName=name, PolicyArn=READ_ONLY)
    assert may(user.list_buckets)
    assert not may(lambda: user.create_bucket(Bucket=name))


def test_default_version_of_a_managed_policy(user: Any, aws: Clients, name: str) -> None:
    iam = aws["iam"]
    made = iam.create_policy(PolicyName=name, Path="/deep/", PolicyDocument=allow("s3:GetObject"))
    arn = made["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    assert not may(user.list_buckets)
    iam.create_policy_version(
        PolicyArn=arn, PolicyDocument=allow("s3:ListAllMyBuckets"), SetAsDefault=True
    )
    assert may(user.list_buckets)
    iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
    assert not may(user.list_buckets)


def test_boundary_of_a_user(user: Any, aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html"""
    iam = aws["iam"]
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=allow("s3:*"))
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=READ_ONLY)
    assert may(user.list_buckets)
    assert not may(lambda: user.create_bucket(Bucket=name))
    iam.delete_user_permissions_boundary(UserName=name)
    assert may(lambda: user.create_bucket(Bucket=name))


def test_role_with_a_path(aws: Clients, name: str, s3_with: Login) -> None:
    iam, sts = aws["iam"], aws["sts"]
    iam.create_role(RoleName=name, Path="/deep/", AssumeRolePolicyDocument=ANYBODY)
    arn = f"{MINE}/deep/{name}"
    s3 = s3_with(sts.assume_role(RoleArn=arn, RoleSessionName="someone")["Credentials"])
    assert not may(s3.list_buckets)
    iam.put_role_policy(
        RoleName=name, PolicyName="100 %", PolicyDocument=allow("s3:*", "arn:aws:s3:::100%25*")
    )
    assert not may(s3.list_buckets)
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    assert may(s3.list_buckets)
    iam.delete_role_policy(RoleName=name, PolicyName="100 %")
    iam.detach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    iam.delete_role(RoleName=name)
    assert not may(s3.list_buckets)


def test_boundary_and_session_policy_of_a_role(aws: Clients, name: str, s3_with: Login) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html#policies_session"""
    iam, sts = aws["iam"], aws["sts"]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=ANYBODY, PermissionsBoundary=READ_ONLY)
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("s3:*"))
    whole: Any = {"RoleArn": f"{MINE}/{name}", "RoleSessionName": "someone"}
    s3 = s3_with(sts.assume_role(**whole)["Credentials"])
    assert may(s3.list_buckets)
    assert not may(lambda: s3.create_bucket(Bucket=name))
    less = s3_with(sts.assume_role(**whole, Policy=allow("s3:GetObject"))["Credentials"])
    assert not may(less.list_buckets)


def test_trust_policy_that_was_updated(
    user: Any, aws: Clients, name: str, enforcing: LocalStack
) -> None:
    """LocalStack encodes the first trust policy differently from updated ones."""
    iam = aws["iam"]
    key = iam.create_access_key(UserName=name)["AccessKey"]
    arn = iam.get_user(UserName=name)["User"]["Arn"]
    sts = boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url=enforcing.endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    iam.create_role(
        RoleName=name, AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"})
    )
    wanted: Any = {"RoleArn": f"{MINE}/{name}", "RoleSessionName": "someone"}
    assert not may(lambda: sts.assume_role(**wanted))
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=trust({"AWS": arn}))
    assert may(lambda: sts.assume_role(**wanted))


def test_session_by_web_identity_is_bound(aws: Clients, name: str, s3_with: Login) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    iam = aws["iam"]
    policy = trust({"Federated": "accounts.example.org"}, "sts:AssumeRoleWithWebIdentity")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy)
    answer = aws["sts"].assume_role_with_web_identity(
        RoleArn=f"{MINE}/{name}", RoleSessionName="someone", WebIdentityToken="t" * 20
    )
    s3 = s3_with(answer["Credentials"])
    assert not may(s3.list_buckets)
    iam.attach_role_policy(RoleName=name, PolicyArn=READ_ONLY)
    assert may(s3.list_buckets)
