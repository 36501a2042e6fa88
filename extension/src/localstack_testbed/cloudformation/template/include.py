"""The AWS::Include transform: snippets of a template, kept in S3.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import yaml

from localstack_testbed.cloudformation.errors import TransformError, ValidationError

NAME: Final = "AWS::Include"

_LOCATION = re.compile(r"(s3://[^/]+/.+|https?://[^/]+/.+)")
_INVALID = "The specified S3 object's content should be valid Yaml/JSON"


class _Loader(yaml.CSafeLoader):
    """Reads YAML as CloudFormation does: dates are strings, and no tag is known."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


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
    try:
        if text.lstrip().startswith("{"):
            return json.loads(text)
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except yaml.constructor.ConstructorError as error:
        raise _invalid(
            location, f"{error.problem}; write out short forms, such as Ref: instead of !Ref"
        ) from error
    except (ValueError, yaml.YAMLError) as error:
        raise _invalid(location, " ".join(str(error).split())) from error


def _invalid(location: str, reason: str) -> TransformError:
    return TransformError(NAME, f"{_INVALID} ({location}: {reason})")


def _has_transform(value: Any) -> bool:
    if isinstance(value, dict):
        return "Fn::Transform" in value or any(map(_has_transform, value.values()))
    return isinstance(value, list) and any(map(_has_transform, value))
