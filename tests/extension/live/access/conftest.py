"""A LocalStack that enforces permissions, for all tests of access."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extension.conftest import Clients, LocalStack, running_localstack
from tests.extension.lambda_functions import ROLE, FunctionFactory
from tests.extension.live.access.http import ALLOWED, NAMED


@pytest.fixture(scope="package")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A LocalStack that enforces permissions, with one more host and origin."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with running_localstack(
        folder,
        ENFORCE_IAM="1",
        TESTBED_ALLOWED_HOSTS=f"{NAMED}, .below.example",
        EXTRA_CORS_ALLOWED_ORIGINS=ALLOWED,
    ) as running:
        yield running


@pytest.fixture(scope="package")
def endpoint(guarded: LocalStack) -> str:
    return guarded.endpoint


@pytest.fixture(scope="package")
def own(guarded: LocalStack) -> Clients:
    """Clients of the account itself."""
    return Clients(guarded.endpoint)


@pytest.fixture
def guarded_functions(own: Clients) -> Iterator[FunctionFactory]:
    """Makes functions with a role that exists, as Lambda requires here."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    own["iam"].create_role(RoleName=ROLE.split("/")[-1], AssumeRolePolicyDocument=document)
    factory = FunctionFactory(own["lambda"], own["logs"])
    yield factory
    factory.delete_all()


@pytest.fixture
def bucket(own: Clients, name: str) -> str:
    """A bucket with an object, from which no public access is blocked."""
    own["s3"].create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    own["s3"].delete_public_access_block(Bucket=name)
    own["s3"].put_object(Bucket=name, Key="a.txt", Body=b"content")
    return name


def allow_everybody(own: Clients, bucket: str, *actions: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    own["s3"].put_bucket_policy(Bucket=bucket, Policy=policy)
