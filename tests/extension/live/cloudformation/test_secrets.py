"""Values of secrets: those that CloudFormation generates, and those that templates refer to.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import (
    Declaration,
    failing,
    parameter,
    queue,
    template,
)

GENERATED = {"GenerateSecretString": {"PasswordLength": 20}}


def secret(**properties: Any) -> Declaration:
    return {"Type": "AWS::SecretsManager::Secret", "Properties": properties}


def value(aws: Clients, stack: Deployed) -> str:
    name = stack.physical_ids()["Secret"]
    return str(aws["secretsmanager"].get_secret_value(SecretId=name)["SecretString"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (GENERATED, {"GenerateSecretString": {"PasswordLength": 30}}),
        (GENERATED, {"SecretString": "second"}),
        # The update fails before there is a new value.
        (GENERATED, {"GenerateSecretString": {"GenerateStringKey": "password"}}),
        ({"SecretString": "first"}, {"SecretString": "second"}),
    ],
)
def test_a_rollback_restores_the_value(
    aws: Clients, before: dict[str, Any], after: dict[str, Any]
) -> None:
    with deployed(aws, template(Secret=secret(**before))) as stack:
        generated = value(aws, stack)
        changed = template(Secret=secret(**after), Failing=failing("Secret"))
        assert stack.update(changed) == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert value(aws, stack) == generated

        # It is the value that counts, not the template that once set it.
        aws["secretsmanager"].put_secret_value(
            SecretId=stack.physical_ids()["Secret"], SecretString="by hand"
        )
        assert stack.update(changed) == "UPDATE_ROLLBACK_COMPLETE", stack.report()
        assert value(aws, stack) == "by hand"


def test_values_of_dynamic_references_are_not_shown(aws: Clients) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html"""
    kept = aws["secretsmanager"].create_secret(Name="shown-nowhere", SecretString="the password")
    reference = "{{resolve:secretsmanager:shown-nowhere}}"
    try:
        with deployed(aws, template(Parameter=parameter(f"user:{reference}"))) as stack:
            name = stack.physical_ids()["Parameter"]
            stored = aws["ssm"].get_parameter(Name=name)["Parameter"]["Value"]
            assert stored == "user:the password"
            assert "the password" not in str(stack.events())

            client = aws["cloudformation"]
            named = {"StackName": stack.name, "ChangeSetName": "other"}
            body = json.dumps(template(Parameter=parameter(f"other:{reference}")))
            client.create_change_set(**named, TemplateBody=body)
            described = client.describe_change_set(**named, IncludePropertyValues=True)
            [change] = described["Changes"]
            assert "AfterContext" in change["ResourceChange"]
            assert "the password" not in str(described)
    finally:
        aws["secretsmanager"].delete_secret(SecretId=kept["ARN"], ForceDeleteWithoutRecovery=True)


@contextmanager
def secure_string(aws: Clients, value: str) -> Iterator[str]:
    """Store a secure string, and yield the dynamic reference to it."""
    name = f"/secure-{uuid.uuid4()}"
    aws["ssm"].put_parameter(Name=name, Type="SecureString", Value=value)
    try:
        yield f"{{{{resolve:ssm-secure:{name}}}}}"
    finally:
        aws["ssm"].delete_parameter(Name=name)


def test_secure_strings_are_rejected_where_aws_has_none(aws: Clients) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html"""
    with secure_string(aws, "Pass-word-1") as reference:
        wrong = template(Parameter=parameter({"Fn::Sub": f"user:{reference}"}))
        output = {**template(Queue=queue()), "Outputs": {"Secret": {"Value": reference}}}
        custom = template(Custom={"Type": "Custom::It", "Properties": {"ServiceToken": reference}})
        for body, place in (
            (wrong, "AWS::SSM::Parameter/Properties/Value"),
            (output, "Outputs/Secret/Value"),
            (custom, "Custom::It/Properties/ServiceToken"),
        ):
            with pytest.raises(ClientError) as error, deployed(aws, body):
                pass
            message = error.value.response["Error"]["Message"]
            assert message == f"SSM Secure reference is not supported in: [{place}]"


def test_a_password_may_be_a_secure_string(aws: Clients) -> None:
    with secure_string(aws, "Pass-word-1") as reference:
        user = {"Type": "AWS::IAM::User", "Properties": {"LoginProfile": {"Password": reference}}}
        with deployed(aws, template(User=user)) as stack:
            assert aws["iam"].get_login_profile(UserName=stack.physical_ids()["User"])
            assert "Pass-word-1" not in str(stack.events())
