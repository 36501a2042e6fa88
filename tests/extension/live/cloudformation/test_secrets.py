"""Values of secrets: those that CloudFormation generates, and those that templates refer to.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

import json
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import Declaration, failing, parameter, template

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
