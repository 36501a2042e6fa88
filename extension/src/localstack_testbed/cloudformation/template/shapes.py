"""The shape of every function of a template, also where it is not evaluated.

AWS checks the arguments of functions before it creates anything, in resources whose condition is
false and in branches of ``Fn::If`` that are not taken, too.
"""

from collections.abc import Mapping
from typing import Any

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template.document import Template
from localstack_testbed.cloudformation.template.evaluation import (
    NO_VALUE,
    ConditionFunctions,
    Functions,
)
from localstack_testbed.cloudformation.unknown import UNKNOWN


def check_shapes(template: Template, parameters: Mapping[str, Any] | None = None) -> None:
    """Check the functions of all conditions, resources and outputs.

    ``parameters`` has the values that are known, also of pseudo parameters. What resources return
    is not known.

    Raises
    ------
    ValidationError
        ``Template error: …``, as AWS says it.
    """
    known = dict.fromkeys(template.parameters, UNKNOWN) | dict(parameters or {})
    conditions = _Conditions(template, known, lambda name: True)
    for value in template.conditions.values():
        conditions.test(value)
    functions = _Anywhere(template, known, lambda name: True)
    for declaration in template.resources.values():
        functions.value(declaration.properties)
    for name, output in template.outputs.items():
        value = functions.value(output["Value"])
        if isinstance(value, dict | list) or value is NO_VALUE:
            raise ValidationError(
                f"Template format error: Output {name} is malformed. The Value field of every "
                "Outputs member must evaluate to a String."
            )
        functions.value(output.get("Export"))


class _Anywhere(Functions):
    """Evaluates both branches of ``Fn::If``, and leaves what resources return unknown."""

    def _reference(self, name: str) -> Any:
        return UNKNOWN

    def _attribute(self, logical_id: str, attribute: str, function: str) -> Any:
        return UNKNOWN

    def _import_value(self, argument: Any) -> Any:
        self.value(argument)
        return UNKNOWN

    def _if(self, argument: Any) -> Any:
        super()._if(argument)
        for branch in argument[1:]:
            self.value(branch)
        return UNKNOWN


class _Conditions(ConditionFunctions):
    def _if(self, argument: Any) -> Any:
        super()._if(argument)
        for branch in argument[1:]:
            self.value(branch)
        return UNKNOWN
