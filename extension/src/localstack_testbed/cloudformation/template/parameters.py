"""The values of a template's parameters.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ParameterValue:
    """The value of a parameter of a template.

    ``given`` is the text of the request or the default; ``resolved`` is what ``Ref`` returns: a
    list for list types, the stored text for SSM parameter types.
    """

    given: str
    resolved: Any
    no_echo: bool = False
    is_ssm: bool = False


def resolve(
    declared: Mapping[str, Mapping[str, Any]],
    given: Mapping[str, str],
    previous: Mapping[str, ParameterValue],
    use_previous: frozenset[str],
    ssm_parameter: Callable[[str], str],
) -> dict[str, ParameterValue]:
    """Return the value of each declared parameter.

    ``use_previous`` has the names that the request gives with UsePreviousValue.

    Raises
    ------
    ValidationError
        ``Parameters: [A] must have values``, ``Parameters: [B] do not exist in the template``,
        ``Parameter 'C' must match pattern …`` and so on, as AWS says it.
    """
    raise NotImplementedError
