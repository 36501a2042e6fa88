"""Whether a stack is this project's, so that no other one is changed or deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from testbed.aws.stacks import describe_stack
from testbed.errors import DeploymentError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.project.project import Project


def check_ownership(aws: Aws, project: Project) -> bool:
    """Return whether the project's stack exists; it is known by the tags in ``samconfig.toml``.

    Raises
    ------
    DeploymentError
        If there is a stack of this name that has not the project's tags.
    """
    name = project.stack_name
    try:
        stack = describe_stack(aws, name)
    except ClientError as error:
        raise DeploymentError(f"{name} cannot be looked at: {error}") from error
    if stack is None:
        return False
    if not project.tags:
        raise DeploymentError(
            f"There is a stack {name} already, and nothing tells whether it is this project's.",
            advice="Give the project's stack a tag in samconfig.toml, such as tags = \"Application="
            f"{name}\", and the stack, too, if it is the project's.",
        )
    tags = {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}
    if not project.tags.items() <= tags.items():
        wanted = ", ".join(f"{key}={value}" for key, value in project.tags.items())
        raise DeploymentError(
            f"The stack {name} is not this project's: it has not the tag {wanted}.",
            advice="Choose another name with --stack-name, or give that stack the tag if it is.",
        )
    return True
