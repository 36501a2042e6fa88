"""The outputs of a stack, and their exports.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
"""

from collections.abc import Iterable
from typing import Any

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.engine import dynamic_references
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import Output, Stack
from localstack_testbed.cloudformation.template import parameters
from localstack_testbed.cloudformation.template.document import Template
from localstack_testbed.cloudformation.template.evaluation import NO_VALUE, Evaluator
from localstack_testbed.cloudformation.unknown import UNKNOWN


def evaluated(template: Template, values: Evaluator) -> list[Output]:
    """Return the outputs whose condition is true.

    Values and exports are UNKNOWN while they depend on resources that do not exist yet.

    Raises
    ------
    ValidationError
        If a value cannot be determined, is not a string, or has a secure string.
    """
    outputs = []
    for key, declared in template.outputs.items():
        if "Condition" in declared and not values.condition(declared["Condition"]):
            continue
        value = values.evaluated(declared["Value"], "Outputs")
        dynamic_references.check_secure(value, f"Outputs/{key}/Value")
        export = declared.get("Export", {}).get("Name")
        outputs.append(
            Output(
                key=key,
                value=_text(values.resolved(value)),
                description=declared.get("Description"),
                export=None if export is None else _text(values.value(export, "Outputs")),
            )
        )
    return outputs


def check_not_exported_elsewhere(stack: Stack, outputs: Iterable[Output]) -> None:
    """Check that no other stack has one of these exports.

    Raises
    ------
    ValidationError
        If one has.
    """
    exported = {output.export for output in outputs if output.export}
    for other, output in store.exports(stack.account, stack.region):
        if other is not stack and output.export in exported:
            raise ValidationError(
                f"Export with name {output.export} is already exported by stack {other.name}"
            )


def in_use(output: Output, users: Iterable[Stack], verb: str) -> str:
    """Return why an export cannot be "updated" or "deleted"."""
    names = " and ".join(user.name for user in users)
    return f"Export {output.export} cannot be {verb} as it is in use by {names}"


def _text(value: Any) -> Any:
    """Return the value of an output, which always is a string, or UNKNOWN."""
    if isinstance(value, dict | list) or value is NO_VALUE:
        raise ValidationError(
            "Template format error: The Value field of every Outputs member must evaluate to a "
            "String."
        )
    return value if value is UNKNOWN else parameters.text(value)
