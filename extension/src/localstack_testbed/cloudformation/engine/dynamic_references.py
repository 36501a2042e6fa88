"""The values of dynamic references (``{{resolve:ssm:name}}``).

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
"""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.clients import client
from localstack_testbed.cloudformation.errors import ValidationError

_SECURE = frozenset({"AWS::IAM::User/Properties/LoginProfile/Password"})
"""The properties of this testbed's types that may have secure strings."""


def resolve(text: str, account: str, region: str) -> str:
    """Return the value of a dynamic reference.

    Parameters
    ----------
    text
        What stands after ``resolve:``, such as ``ssm:name:1`` or
        ``secretsmanager:id:SecretString:key``.

    Raises
    ------
    ValidationError
        If the reference is malformed or what it names does not exist.
    """
    service, _, rest = text.partition(":")
    if service in ("ssm", "ssm-secure") and rest:
        return _parameter(client("ssm", account, region), rest, secure=service == "ssm-secure")
    if service == "secretsmanager" and rest:
        return _secret(client("secretsmanager", account, region), rest)
    raise ValidationError(f"Dynamic reference {{{{resolve:{text}}}}} is invalid")


def check_secure(value: Any, path: str) -> None:
    """Check that secure strings are only in properties that support them.

    ``value`` is evaluated, but for its dynamic references. What AWS supports is in
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html

    Raises
    ------
    ValidationError
        ``SSM Secure reference is not supported in: [AWS::Lambda::Function/Properties/Role]``
    """
    places = [place for place in _secure_strings(value, path) if place not in _SECURE]
    if places:
        raise ValidationError(f"SSM Secure reference is not supported in: [{','.join(places)}]")


def _secure_strings(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, str) and "{{resolve:ssm-secure:" in value:
        yield path
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _secure_strings(each, f"{path}/{key}")
    elif isinstance(value, list):
        for each in value:
            yield from _secure_strings(each, path)


def is_secret(text: str) -> bool:
    """Return whether the value of a dynamic reference must not be shown.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html
    """
    return text.startswith(("secretsmanager:", "ssm-secure:"))


def _parameter(ssm: Any, name: str, *, secure: bool) -> str:
    try:
        parameter = ssm.get_parameter(Name=name, WithDecryption=secure)["Parameter"]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ParameterNotFound", "ParameterVersionNotFound"):
            raise ValidationError(f"Parameters: [ssm:{name}] cannot be found.") from None
        raise ValidationError(f"Parameters: [ssm:{name}] cannot be read: {error}") from error
    if (parameter["Type"] == "SecureString") is not secure:
        raise ValidationError(
            f"Parameter {name} has type {parameter['Type']}; "
            "{{resolve:ssm-secure:…}} is for SecureString and {{resolve:ssm:…}} for other types"
        )
    value: str = parameter["Value"]
    return value


def _secret(secretsmanager: Any, text: str) -> str:
    # An ARN contains colons itself: arn:aws:secretsmanager:region:account:secret:name.
    parts = text.split(":")
    length = 7 if parts[0] == "arn" else 1
    secret_id, rest = ":".join(parts[:length]), [*parts[length:], "", "", "", ""]
    field, key, stage, version = rest[:4]
    if field not in ("", "SecretString"):
        raise ValidationError(
            f"Could not parse SecretString of the dynamic reference to {secret_id}: "
            f"{field} is not SecretString"
        )
    request = {"SecretId": secret_id}
    if stage:
        request["VersionStage"] = stage
    if version:
        request["VersionId"] = version
    try:
        found = secretsmanager.get_secret_value(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            raise ValidationError(
                "Secrets Manager can't find the specified secret. "
                f"(Service: AWSSecretsManager; SecretId: {secret_id})"
            ) from None
        raise ValidationError(f"The secret {secret_id} cannot be read: {error}") from error
    if "SecretString" not in found:
        raise ValidationError(f"The secret {secret_id} is binary: it has no SecretString")
    secret: str = found["SecretString"]
    if not key:
        return secret
    try:
        return str(json.loads(secret)[key])
    except (ValueError, KeyError, TypeError):
        raise ValidationError(
            f"Could not find a value associated with JSONKey in SecretString: {key}"
        ) from None
