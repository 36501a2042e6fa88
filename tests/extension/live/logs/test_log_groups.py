"""Tags and KMS keys of existing log groups.

- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
"""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients

KEY = "arn:aws:kms:us-east-1:000000000000:key/example"


@pytest.fixture
def arn(aws: Clients, name: str) -> str:
    """The ARN of a log group without tags."""
    aws["logs"].create_log_group(logGroupName=name)
    return f"arn:aws:logs:us-east-1:000000000000:log-group:{name}"


def _key(aws: Clients, name: str) -> Any:
    groups = aws["logs"].describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return groups[0].get("kmsKeyId")


def test_tagging_a_log_group_without_tags(aws: Clients, arn: str) -> None:
    aws["logs"].tag_resource(resourceArn=arn, tags={"kind": "one"})
    assert aws["logs"].list_tags_for_resource(resourceArn=arn)["tags"] == {"kind": "one"}


def test_tagging_a_log_group_by_name(aws: Clients, name: str, arn: str) -> None:
    aws["logs"].tag_log_group(logGroupName=name, tags={"kind": "one"})
    assert aws["logs"].list_tags_for_resource(resourceArn=arn)["tags"] == {"kind": "one"}


@pytest.mark.parametrize("by_arn", [False, True])
def test_a_key_is_associated_and_disassociated(
    aws: Clients, name: str, arn: str, by_arn: bool
) -> None:
    group = {"resourceIdentifier": arn} if by_arn else {"logGroupName": name}
    aws["logs"].associate_kms_key(**group, kmsKeyId=KEY)
    assert _key(aws, name) == KEY
    aws["logs"].disassociate_kms_key(**group)
    assert _key(aws, name) is None


def test_a_key_of_a_missing_log_group(aws: Clients, name: str) -> None:
    with pytest.raises(ClientError, match="The specified log group does not exist"):
        aws["logs"].associate_kms_key(logGroupName=name, kmsKeyId=KEY)
    with pytest.raises(ClientError, match="Exactly one of"):
        aws["logs"].associate_kms_key(kmsKeyId=KEY)
