"""Lambda functions by name: those of stacks, and the one that a user's text means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from testbed.aws.stacks import list_all_resources
from testbed.errors import TestbedError, similar

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

_FUNCTION = "AWS::Lambda::Function"
# The forms of FunctionName: a name, a partial ARN or an ARN, each with or without a qualifier.
# https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_RequestParameters
_ARN = re.compile(
    r"(?:arn:(?:aws[\w-]*):lambda:(?P<region>[\w-]+):)?(?P<account>\d{12}):function:"
    r"(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)
_NAME = re.compile(r"(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?")


@dataclass(frozen=True)
class KnownFunction:
    """A function, and where it was found.

    Parameters
    ----------
    name
        Its physical name, which Lambda's API takes.
    stack
        The stack that it belongs to; empty if it is not known to belong to one. The stack of a
        nested stack's function is the outermost one.
    logical_id
        Its logical ID in the stack's template, after those of the nested stacks that contain it:
        ``Nested/Monitor``. Empty without a stack.
    qualifier
        The version or alias that was asked for; empty if none was.
    """

    name: str
    stack: str = ""
    logical_id: str = ""
    qualifier: str = ""


def stack_functions(aws: Aws, stack_name: str) -> list[str]:
    """Return the names of a stack's functions, and of those of its nested stacks.

    Examples
    --------
    >>> stack_functions(session.aws, "website-monitor")  # doctest: +SKIP
    ['status-api', 'incident-recorder', 'website-monitor']
    """
    return [each.name for each in _of_stack(aws, stack_name)]


def function_names(aws: Aws, stack_name: str | None) -> list[str]:
    """Return the names of a stack's functions, or of all functions."""
    return stack_functions(aws, stack_name) if stack_name else [each.name for each in _all(aws)]


def known_functions(aws: Aws, stacks: Iterable[str]) -> list[KnownFunction]:
    """Return the functions of stacks; those of stacks that do not exist are left out."""
    found: list[KnownFunction] = []
    for stack in stacks:
        try:
            found += _of_stack(aws, stack)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
    return found


def find_function(
    aws: Aws, text: str, stacks: Iterable[str] = (), qualifier: str | None = None
) -> KnownFunction:
    """Return the function that a user means.

    Looked up are, in this order: the physical names of the stacks' functions, their logical IDs,
    and the names of all functions.

    Parameters
    ----------
    text
        A name, a logical ID, or an ARN, each with or without ``:QUALIFIER``.
    stacks
        The project's stacks; functions outside of them are found by name.
    qualifier
        A version or an alias, if it is not part of the text.

    Raises
    ------
    TestbedError
        If there is no such function, several stacks have one with this logical ID, or two different
        qualifiers are given. The advice suggests names.

    Examples
    --------
    >>> find_function(session.aws, "Monitor:live", ["monitoring"])  # doctest: +SKIP
    KnownFunction(name='website-monitor', stack='monitoring', logical_id='Monitor', …)
    """
    name, chosen = _parsed(aws, text, qualifier)
    of_stacks = known_functions(aws, stacks)
    matches = (
        [each for each in of_stacks if each.name == name]
        or [each for each in of_stacks if each.logical_id == name]
        or [each for each in of_stacks if each.logical_id.rpartition("/")[2] == name]
    )
    if len({each.name for each in matches}) > 1:
        names = ", ".join(each.name for each in matches)
        raise TestbedError(
            f"Several functions have the logical ID {name}.", advice=f"Use a name instead: {names}."
        )
    if not matches:
        matches = [each for each in _all(aws) if each.name == name]
    if not matches:
        raise _unknown(name, of_stacks or _all(aws))
    found = matches[0]
    return KnownFunction(found.name, found.stack, found.logical_id, chosen)


def _parsed(aws: Aws, text: str, qualifier: str | None) -> tuple[str, str]:
    """Return the name and the qualifier in a text."""
    match = _ARN.fullmatch(text) or _NAME.fullmatch(text)
    if match is None:
        # The logical ID of a function in a nested stack, or no name at all.
        return text, qualifier or ""
    parts = match.groupdict()
    region = parts.get("region")
    if region and region != aws.region:
        raise TestbedError(
            f"{text} is in the region {region}, and the testbed uses {aws.region}.",
            advice="Deploy the function here, or use its name.",
        )
    if qualifier and parts["qualifier"] and qualifier != parts["qualifier"]:
        raise TestbedError(
            f"{text} already has a qualifier, which is not {qualifier}.",
            advice="Remove one of the two.",
        )
    return parts["name"], qualifier or parts["qualifier"] or ""


def _of_stack(aws: Aws, stack: str) -> Iterator[KnownFunction]:
    for logical_id, resource in list_all_resources(aws, stack):
        if resource["ResourceType"] == _FUNCTION:
            yield KnownFunction(resource["PhysicalResourceId"], stack, logical_id)


def _all(aws: Aws) -> list[KnownFunction]:
    pages = aws.lambda_.get_paginator("list_functions").paginate()
    return [KnownFunction(each["FunctionName"]) for page in pages for each in page["Functions"]]


def _unknown(name: str, known: list[KnownFunction]) -> TestbedError:
    """Return the error for a name that no function has, with the names that were perhaps meant."""
    message = f"There is no function named {name}."
    if not known:
        return TestbedError(
            message, advice="There are no functions: deploy some with testbed deploy, or create one"
            " with aws lambda create-function.",
        )  # fmt: skip
    aliases = {each.logical_id.rpartition("/")[2]: each.name for each in known if each.logical_id}
    names = {each.name for each in known}
    return TestbedError(message, advice=similar(name, names, "functions", aliases))
