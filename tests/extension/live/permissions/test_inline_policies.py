"""Versions of policy documents.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html
"""

import json

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients

STATEMENT = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
WITHOUT_VERSION = json.dumps({"Statement": [STATEMENT]})
OLD = json.dumps({"Version": "2008-10-17", "Statement": [STATEMENT]})
UNKNOWN = json.dumps({"Version": "2020-01-01", "Statement": [STATEMENT]})


@pytest.mark.parametrize("document", [WITHOUT_VERSION, OLD])
def test_inline_policy_needs_no_version(aws: Clients, name: str, document: str) -> None:
    iam, named = aws["iam"], {"UserName": name, "PolicyName": "inline"}
    iam.create_user(UserName=name)
    try:
        iam.put_user_policy(**named, PolicyDocument=document)
        assert iam.get_user_policy(**named)["PolicyDocument"] == json.loads(document)
        with pytest.raises(ClientError, match="Syntax errors in policy"):
            iam.put_user_policy(**named, PolicyDocument=UNKNOWN)
        iam.delete_user_policy(**named)
    finally:
        iam.delete_user(UserName=name)


@pytest.mark.parametrize("document", [WITHOUT_VERSION, OLD])
def test_managed_policy_needs_a_version(aws: Clients, name: str, document: str) -> None:
    with pytest.raises(ClientError, match="must be version 2012-10-17 or greater"):
        aws["iam"].create_policy(PolicyName=name, PolicyDocument=document)
