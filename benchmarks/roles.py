"""IAM roles for services, with a trust policy and permissions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient

# What a function needs to log: the actions of the managed policy AWSLambdaBasicExecutionRole.
# https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaBasicExecutionRole.html
LOGGING = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")

_POLICY = "permissions"


def ensure_role(iam: IAMClient, name: str, service: str, actions: Sequence[str]) -> str:
    """Create a role, unless it exists, and return its ARN.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html

    Parameters
    ----------
    service
        The service that may assume it, such as ``lambda``.
    actions
        The actions that it allows on all resources.
    """
    trust = _policy(
        Principal={"Service": f"{service}.amazonaws.com"},
        Action="sts:AssumeRole",
    )
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    allowed = _policy(Action=list(actions), Resource="*")
    iam.put_role_policy(RoleName=name, PolicyName=_POLICY, PolicyDocument=allowed)
    return iam.get_role(RoleName=name)["Role"]["Arn"]


def delete_role(iam: IAMClient, name: str) -> None:
    """Delete a role that :func:`ensure_role` created."""
    iam.delete_role_policy(RoleName=name, PolicyName=_POLICY)
    iam.delete_role(RoleName=name)


def queue_policy(queue_arn: str, service: str) -> str:
    """Return a policy that allows a service to send messages to a queue.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    return _policy(
        Principal={"Service": f"{service}.amazonaws.com"},
        Action="sqs:SendMessage",
        Resource=queue_arn,
    )


def _policy(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})
