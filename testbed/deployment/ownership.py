"""Check that a stack is this project's, so that no other stack is changed or deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from testbed.aws.stacks import describe_stack
from testbed.errors import DeploymentError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


def check_ownership(aws: Aws, name: str, own_tags: Mapping[str, str]) -> bool:
    """Return whether a project's stack exists, identified by the tags in ``samconfig.toml``.

    In an emulator, a project without tags owns the stack of its name.

    Raises
    ------
    DeploymentError
        If a stack of this name lacks the project's tags.
    """
    try:
        stack = describe_stack(aws, name)
    except ClientError as error:
        raise DeploymentError(f"The stack {name} cannot be read: {error}") from error
    if stack is None:
        return False
    if not own_tags:
        if aws.is_local:
            return True
        raise DeploymentError(
            f"There is already a stack {name}, and it is unknown whether it is this project's.",
            advice=f'Add a tag to samconfig.toml, such as tags = "Application={name}", and the same'
            " tag to the stack if it is this project's; or choose another name with --stack-name.",
        )
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}
    if not own_tags.items() <= tags.items():
        wanted = ", ".join(f"{key}={value}" for key, value in own_tags.items())
        raise DeploymentError(
            f"The stack {name} is not this project's: it lacks the tags {wanted}.",
            advice="Choose another name with --stack-name, or add the tags to the stack if it is.",
        )
    return True
