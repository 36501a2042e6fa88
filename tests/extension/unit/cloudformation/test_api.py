"""Parts of CloudFormation's API that need no LocalStack: requests, pages, URLs, stack policies."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from localstack_testbed.cloudformation.api import constraints, paging, policies, s3_urls
from localstack_testbed.cloudformation.errors import ValidationError


def check(operation: str, **request: Any) -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    constraints.check(request, model.operation_model(operation).input_shape)


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        (
            "CreateStack",
            {},
            "1 validation error detected: Value null at 'stackName' failed to satisfy constraint: "
            "Member must not be null",
        ),
        (
            "DescribeChangeSet",
            {"ChangeSetName": "a_b"},
            "Value 'a_b' at 'changeSetName' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: ",
        ),
        (
            "CreateStack",
            {"StackName": "a", "OnFailure": "STAY"},
            "Value 'STAY' at 'onFailure' failed to satisfy constraint: Member must satisfy enum "
            "value set: [DO_NOTHING, ROLLBACK, DELETE]",
        ),
        (
            "CreateStack",
            {"StackName": "a", "Tags": [{"Key": "", "Value": "v"}, {"Value": "v"}]},
            "2 validation errors detected: Value '' at 'tags.1.member.key' failed to satisfy "
            "constraint: Member must have length greater than or equal to 1; Value null at "
            "'tags.2.member.key' failed to satisfy constraint: Member must not be null",
        ),
        (
            "CreateStack",
            {"StackName": "a", "TimeoutInMinutes": 0},
            "Value '0' at 'timeoutInMinutes' failed to satisfy constraint: Member must have value "
            "greater than or equal to 1",
        ),
    ],
)
def test_violated_constraints(operation: str, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        check(operation, **request_)
    assert message in str(raised.value)


def test_valid_request() -> None:
    check("CreateStack", StackName="a", Tags=[{"Key": "k", "Value": "v"}], OnFailure="DELETE")


def test_pages() -> None:
    items = list(range(25))
    first, token = paging.page(items, None, 10)
    second, token = paging.page(items, token, 10)
    third, last = paging.page(items, token, 10)
    assert [*first, *second, *third] == items
    assert last is None


def test_pages_of_a_list_that_grows() -> None:
    items = list(range(15))
    first, token = paging.newest_first(items, None, 10)
    items.append(15)
    second, last = paging.newest_first(items, token, 10)
    assert [*first, *second] == list(range(15))[::-1]
    assert last is None


@pytest.mark.parametrize("token", ["x", "é", "cGFnZTp4", "cGFnZTotMQ=="])
def test_invalid_token(token: str) -> None:
    with pytest.raises(ValidationError, match="Invalid NextToken"):
        paging.page([1], token)


@pytest.mark.parametrize(
    "url",
    [
        "https://bucket.s3.amazonaws.com/a/b%20c",
        "https://bucket.s3.eu-west-1.amazonaws.com/a/b%20c",
        "https://bucket.s3-eu-west-1.amazonaws.com/a/b%20c?X-Amz-Signature=x",
        "https://bucket.s3.dualstack.eu-west-1.amazonaws.com/a/b%20c",
        "https://s3.amazonaws.com/bucket/a/b%20c",
        "https://s3.eu-west-1.amazonaws.com/bucket/a/b%20c",
        "http://bucket.s3.localhost.localstack.cloud:4566/a/b%20c",
        "http://s3.localhost.localstack.cloud:4566/bucket/a/b%20c",
        "s3://bucket/a/b%20c",
    ],
)
def test_urls_of_s3(url: str) -> None:
    assert s3_urls.parse(url) == ("bucket", "a/b c", None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://s3.amazonaws.com/bucket/key",
        "https://s3.amazonaws.com/bucket",
        "https://bucket.s3.amazonaws.com/",
        "https://[::1/bucket/key",
    ],
)
def test_other_urls(url: str) -> None:
    assert s3_urls.parse(url) is None


def test_version_of_an_object() -> None:
    assert s3_urls.parse("https://s3.amazonaws.com/bucket/key?versionId=7") == (
        "bucket",
        "key",
        "7",
    )


def change(action: str, replacement: str | None = None) -> list[dict[str, Any]]:
    """Return the changes of a change set with one resource."""
    resource = {
        "Action": action,
        "LogicalResourceId": "Database",
        "ResourceType": "AWS::SQS::Queue",
        "Replacement": replacement,
    }
    return [{"ResourceChange": resource}]


ANYTHING = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
NO_REPLACEMENT = {
    "Effect": "Deny",
    "Action": ["Update:Replace", "Update:Delete"],
    "Principal": "*",
    "Resource": "LogicalResourceId/Data*",
}
ONLY_TOPICS = {**ANYTHING, "Condition": {"StringEquals": {"ResourceType": ["AWS::SNS::Topic"]}}}
NOT_QUEUES = {
    **NO_REPLACEMENT,
    "Resource": "*",
    "Condition": {"StringLike": {"ResourceType": "AWS::SQS::*"}},
}


@pytest.mark.parametrize(
    ("statements", "changes", "denied"),
    [
        ([ANYTHING], change("Modify", "True"), None),
        ([ANYTHING, NO_REPLACEMENT], change("Modify", "False"), None),
        ([ANYTHING, NO_REPLACEMENT], change("Add"), None),
        ([ANYTHING, NO_REPLACEMENT], change("Modify", "True"), r"#2\] .*Update:Replace"),
        ([ANYTHING, NO_REPLACEMENT], change("Modify", "Conditional"), r"#2\] .*Update:Replace"),
        ([ANYTHING, NO_REPLACEMENT], change("Remove"), r"#2\] .*Update:Delete\] .*\[Database\]"),
        ([ONLY_TOPICS], change("Modify", "False"), r"no statement allows \[Update:Modify\]"),
        ([ANYTHING, NOT_QUEUES], change("Remove"), "Update:Delete"),
    ],
)
def test_stack_policies(statements: list[Any], changes: list[Any], denied: str | None) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html"""
    policy = json.dumps({"Statement": statements})
    if denied is None:
        policies.check_changes(policy, changes)
    else:
        with pytest.raises(ValidationError, match=f"Action denied by stack policy: .*{denied}"):
            policies.check_changes(policy, changes)


@pytest.mark.parametrize(
    "policy",
    [
        "",
        "[]",
        {"Statement": []},
        {"Statement": {**ANYTHING, "Effect": "Maybe"}},
        {"Statement": {**ANYTHING, "Action": "sqs:*"}},
        {"Statement": {**ANYTHING, "Resource": "Queue"}},
        {"Statement": {**ANYTHING, "Principal": "me"}},
        {"Statement": {**ANYTHING, "NotAction": "Update:*"}},
        {"Statement": {**ANYTHING, "Condition": {"StringEquals": {"aws:x": "y"}}}},
    ],
)
def test_invalid_stack_policy(policy: Any) -> None:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    with pytest.raises(ValidationError, match="Error validating stack policy"):
        policies.check_changes(text, change("Add"))
