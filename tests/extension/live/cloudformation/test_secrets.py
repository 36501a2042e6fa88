"""Values of secrets that CloudFormation generates, when an update fails.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
"""

from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import Declaration, failing, template

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
