"""The code of a stack's functions, updated outside of the stack as ``sam sync --code`` does.

CloudFormation does not notice such updates: its template keeps the package of the last deployment.
So nothing here relies on the template; functions are compared by the hash of their code.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/using-sam-cli-sync.html
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from testbed.aws.stacks import stack_resources
from testbed.errors import DeploymentError
from testbed.machine.waiting import WaitedTooLong, until
from testbed.project.local_files import is_function

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.deployment.artifacts import Artifacts
    from testbed.deployment.packaging import Package
    from testbed.project.local_files import LocalFile, TemplateFiles

_TIMEOUT_SECONDS = 60.0
_AT_ONCE = 8

T = TypeVar("T")


class MissingFunctionError(DeploymentError):
    """A function of the stack was deleted."""


def local_functions(
    aws: Aws, stack_name: str, template: TemplateFiles
) -> list[tuple[str, LocalFile]]:
    """Return the functions of a stack and of its nested ones whose code is in local files.

    Returns
    -------
    list[tuple[str, LocalFile]]
        The name of each function, and its code.
    """
    if not any(template.code()):
        return []
    resources = stack_resources(aws, stack_name)
    found = [
        (resources[file.logical_id], file)
        for file in template.files
        if file.logical_id in resources and is_function(template, file)
    ]
    for file, nested in template.nested:
        if file.logical_id in resources:
            found += local_functions(aws, resources[file.logical_id], nested)
    return found


def update_code(aws: Aws, artifacts: Artifacts, packages: Mapping[str, Package]) -> list[str]:
    """Update the code of functions whose code is another; return their names.

    Parameters
    ----------
    packages
        The deployment packages by the names of the functions.

    Raises
    ------
    MissingFunctionError
        If there is no such function.
    DeploymentError
        If Lambda rejects an update, or it fails.
    """
    if not packages:
        return []
    hashes = {package.path: "" for package in packages.values()}
    for path in hashes:
        with path.open("rb") as file:
            hashes[path] = base64.b64encode(hashlib.file_digest(file, "sha256").digest()).decode()

    def is_other(name: str) -> bool:
        found = aws.lambda_.get_function_configuration(FunctionName=name)
        return found["CodeSha256"] != hashes[packages[name].path]

    def update(name: str) -> None:
        bucket, key = objects[packages[name].path]
        aws.lambda_.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key=key)

    aws.lambda_, aws.s3  # noqa: B018 - creating a client is not thread-safe
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        names = list(packages)
        others = [
            name
            for name, other in zip(names, pool.map(_explained(is_other), names), strict=True)
            if other
        ]
        objects = {
            package.path: artifacts.put_package(package)
            for package in {packages[name].path: packages[name] for name in others}.values()
        }
        list(pool.map(_explained(update), others))
    for name in others:  # one after the other: more requests would delay what they wait for
        _await_update(aws, name)
    return others


def _explained(action: Callable[[str], T]) -> Callable[[str], T]:
    """Return an action on a function, whose errors name the function."""

    def explained(name: str) -> T:
        try:
            return action(name)
        except ClientError as error:
            reason = error.response["Error"].get("Message", str(error))
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                raise MissingFunctionError(
                    f"There is no function {name} any more, although the stack has it.",
                    advice="Delete the stack, and deploy it again: testbed destroy, testbed deploy",
                ) from error
            raise DeploymentError(f"The code of {name} was not updated: {reason}") from error

    return explained


def _await_update(aws: Aws, name: str) -> None:
    """Wait until the last update of a function is successful.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """

    def is_ready() -> bool:
        found = aws.lambda_.get_function_configuration(FunctionName=name)
        if found.get("LastUpdateStatus") == "Failed":
            reason = found.get("LastUpdateStatusReason", "")
            raise DeploymentError(f"The update of the function {name} failed: {reason}")
        return found.get("LastUpdateStatus", "Successful") == "Successful"

    try:
        until(
            is_ready,
            within=_TIMEOUT_SECONDS,
            what=f"end of the update of {name}",
            every=aws.poll_seconds,
        )
    except WaitedTooLong as error:
        raise DeploymentError(str(error)) from error
