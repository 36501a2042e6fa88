"""The values of intrinsic functions.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, final

from localstack_testbed.cloudformation.template.document import Template


@final
class Unknown:
    """The value of something that is known only when a resource exists."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()
"""The only value of its class. What is made of an unknown value is unknown."""

NO_VALUE: Final = object()
"""``AWS::NoValue``: a property with this value is left out."""


@dataclass(frozen=True)
class Environment:
    """Where the values come from that are not in the template.

    ``ref`` and ``get_att`` are asked for resources only; they may return UNKNOWN. ``parameters``
    has the resolved values, also of pseudo parameters (``AWS::Region``, …). ``import_value``
    returns an export's value and ``dynamic_reference`` that of ``{{resolve:…}}``, given without
    the braces, or UNKNOWN; both raise ValidationError.
    """

    parameters: Mapping[str, Any]
    ref: Callable[[str], Any]
    get_att: Callable[[str, str], Any]
    import_value: Callable[[str], Any]
    dynamic_reference: Callable[[str], Any]


class Evaluator:
    """Evaluates what a template has in one environment."""

    def __init__(self, template: Template, environment: Environment) -> None:
        raise NotImplementedError

    def condition(self, name: str) -> bool:
        """Return the value of a condition of the template."""
        raise NotImplementedError

    def active_resources(self) -> list[str]:
        """Return the logical ids of the resources whose condition is true, in template order."""
        raise NotImplementedError

    def value(self, value: Any) -> Any:
        """Return a value with its intrinsic functions resolved.

        UNKNOWN is left wherever it occurs in objects and lists; a string made of an unknown one is
        UNKNOWN itself.

        Raises
        ------
        ValidationError
            ``Template error: …``, as AWS says it.
        """
        raise NotImplementedError
