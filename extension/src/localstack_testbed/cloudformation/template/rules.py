"""The Rules section, which checks parameters before anything is created.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template.document import Template
from localstack_testbed.cloudformation.template.evaluation import NO_VALUE, ConditionFunctions
from localstack_testbed.cloudformation.template.parameters import text


def check_rules(template: Template, parameters: Mapping[str, object]) -> None:
    """Check the assertions of the Rules section.

    ``parameters`` are the resolved values, with those of pseudo parameters.

    Raises
    ------
    ValidationError
        With the description of each assertion that is false; or ``Template error: …``, as AWS
        says it, if a rule is malformed.
    """
    functions = _RuleFunctions(template, parameters)
    failed: list[str] = []
    for name, rule in template.rules.items():
        if "RuleCondition" in rule and not functions.test(rule["RuleCondition"], _condition(name)):
            continue
        for assertion in rule["Assertions"]:
            if not functions.test(assertion["Assert"], _assertion(name)):
                description = assertion.get("AssertDescription")
                failed.append(
                    f"Rule {name} failed"
                    if description is None
                    else f"Rule {name} failed: {str(description).strip()}"
                )
    if failed:
        raise ValidationError("\n".join(failed))


def _condition(name: str) -> str:
    return f"the RuleCondition of rule {name} must be a rule function that returns a boolean"


def _assertion(name: str) -> str:
    return f"every Assert of rule {name} must be a rule function that returns a boolean"


class _RuleFunctions(ConditionFunctions):
    """The functions of rules.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
    """

    block = "Rules"

    def __init__(self, template: Template, parameters: Mapping[str, Any]) -> None:
        super().__init__(template, parameters, self._no_condition)
        # https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1183 and 921
        for name in ("Condition", "Fn::If"):
            self._functions[name] = self._no_condition
        self._functions |= {
            "Fn::Contains": self._contains,
            "Fn::EachMemberEquals": self._each_member_equals,
            "Fn::EachMemberIn": self._each_member_in,
            "Fn::RefAll": self._ref_all,
            "Fn::ValueOf": self._value_of,
            "Fn::ValueOfAll": self._value_of_all,
        }

    def _no_condition(self, argument: Any) -> NoReturn:
        raise ValidationError("Template error: Conditions cannot be used in the Rules section.")

    def _lists(self, argument: Any, name: str) -> tuple[list[Any], list[Any]]:
        if isinstance(argument, list) and len(argument) == 2:
            first, second = (self.value(each) for each in argument)
            if isinstance(first, list) and isinstance(second, list):
                return first, second
        raise ValidationError(f"Template error: every {name} object requires two lists of strings")

    def _list_and_text(self, argument: Any, name: str) -> tuple[list[Any], str]:
        if isinstance(argument, list) and len(argument) == 2:
            first, second = (self.value(each) for each in argument)
            if isinstance(first, list) and _is_text(second):
                return first, text(second)
        raise ValidationError(
            f"Template error: every {name} object requires a list of strings and a string"
        )

    def _contains(self, argument: Any) -> bool:
        items, value = self._list_and_text(argument, "Fn::Contains")
        return value in _texts(items)

    def _each_member_equals(self, argument: Any) -> bool:
        items, value = self._list_and_text(argument, "Fn::EachMemberEquals")
        return all(text(item) == value for item in items)

    def _each_member_in(self, argument: Any) -> bool:
        items, others = self._lists(argument, "Fn::EachMemberIn")
        return _texts(items) <= _texts(others)

    def _ref_all(self, argument: Any) -> list[str]:
        """Return the values of all parameters of a type."""
        if not isinstance(argument, str):
            raise ValidationError("Template error: every Fn::RefAll object requires a string")
        values: list[str] = []
        for name, declared in self._template.parameters.items():
            if declared.get("Type") == argument:
                value = self._parameters[name]
                values += value if isinstance(value, list) else [value]
        return values

    def _value_of(self, argument: Any) -> NoReturn:
        # The attributes of parameters are those of EC2 and Route 53 resources.
        raise ValidationError(
            "Template error: Fn::ValueOf is not available in this testbed, which does not know the "
            "attributes of the resources that parameters name"
        )

    def _value_of_all(self, argument: Any) -> NoReturn:
        raise ValidationError(
            "Template error: Fn::ValueOfAll is not available in this testbed, which does not know "
            "the attributes of the resources that parameters name"
        )


def _is_text(value: Any) -> bool:
    return not isinstance(value, dict | list) and value is not NO_VALUE


def _texts(items: list[Any]) -> set[str]:
    return {text(item) for item in items}
