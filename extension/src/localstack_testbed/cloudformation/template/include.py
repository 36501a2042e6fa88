"""The AWS::Include transform: snippets of a template, kept in S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import yaml  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.errors import TransformError, ValidationError
from localstack_testbed.cloudformation.template.document import parse_fragment

NAME: Final = "AWS::Include"

_LOCATION = re.compile(r"(s3://[^/]+/.+|https?://[^/]+/.+)")
_INVALID = "The specified S3 object's content should be valid Yaml/JSON"


def snippet(parameters: Mapping[str, Any], read_object: Callable[[str], str]) -> dict[str, Any]:
    """Return the snippet at the location that the transform's parameters give.

    Raises
    ------
    TransformError
        If there is none, or it is no object in YAML or JSON. Short forms of functions, such as
        ``!Ref``, and ``Fn::Transform`` are not available in a snippet.
    """
    location = parameters.get("Location")
    if not isinstance(location, str) or not _LOCATION.fullmatch(location):
        raise TransformError(NAME, "The location parameter is not a valid S3 uri.")
    try:
        text = read_object(location)
    except ValidationError as error:
        raise TransformError(NAME, str(error)) from error
    content = _parse(text, location)
    if not isinstance(content, dict):
        raise _invalid(location, "it is not an object")
    if _has_transform(content):
        raise _invalid(location, "a snippet cannot include another one")
    return content


def _parse(text: str, location: str) -> Any:
    if not text.lstrip().startswith("{"):
        _check_tags(text, location)
    try:
        return parse_fragment(text)
    except ValidationError as error:
        raise _invalid(location, str(error)) from error


def _check_tags(text: str, location: str) -> None:
    # "AWS::Include doesn't currently support using shorthand notations for YAML snippets."
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            tag = getattr(event, "tag", None) or ""
            if tag.startswith("!"):
                line = event.start_mark.line + 1
                raise _invalid(
                    location, f"line {line} has the short form {tag}; write the full function name"
                )
    except yaml.YAMLError:
        return  # reported by the parser


def _invalid(location: str, reason: str) -> TransformError:
    return TransformError(NAME, f"{_INVALID} ({location}: {reason})")


def _has_transform(value: Any) -> bool:
    if isinstance(value, dict):
        return "Fn::Transform" in value or any(map(_has_transform, value.values()))
    return isinstance(value, list) and any(map(_has_transform, value))
