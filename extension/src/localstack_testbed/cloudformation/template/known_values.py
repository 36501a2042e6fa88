"""The values of intrinsic functions that are known before any resource exists.

Transforms need them: the collection of a loop, the location of a snippet, a name in ``Ref``.
"""

from collections.abc import Mapping
from typing import Any, NoReturn

from localstack_testbed.cloudformation.template.document import Document, Template
from localstack_testbed.cloudformation.template.evaluation import NO_VALUE, ConditionFunctions
from localstack_testbed.cloudformation.template.parameters import text


class NotKnown(Exception):
    """The value depends on a resource, or on something that does not exist."""


class KnownValues(ConditionFunctions):
    """What is known: parameters, mappings, conditions, and the items of surrounding loops.

    ``document`` is a template before its transforms, or some of its sections.
    """

    def __init__(
        self,
        document: Document,
        parameters: Mapping[str, Any],
        items: Mapping[str, str] | None = None,
    ) -> None:
        self.items = items or {}
        self._document = document
        self._given = parameters
        self._evaluating: set[str] = set()
        self._conditions: dict[str, bool] = {}
        template = Template(
            mappings={
                name: {key: each for key, each in _object(mapping).items() if _object(each)}
                for name, mapping in _object(document.get("Mappings")).items()
            },
            conditions=_object(document.get("Conditions")),
        )
        super().__init__(template, {**parameters, **self.items}, self._condition_value)

    def with_items(self, items: Mapping[str, str]) -> "KnownValues":
        """Return the same, within loops that have these items."""
        return KnownValues(self._document, self._given, items)

    def resolve(self, value: Any) -> Any:
        """Return a value without intrinsic functions.

        Raises
        ------
        NotKnown
            If a function in it has no value yet.
        ValidationError
            If a function has a wrong argument.
        """
        found = self.value(value)
        if found is NO_VALUE:
            raise NotKnown("AWS::NoValue")
        return found

    def text(self, value: Any) -> str:
        """Return a value that must be a string.

        Raises
        ------
        NotKnown
            If it has no value yet, or is a list or an object.
        ValidationError
            If a function has a wrong argument.
        """
        found = self.resolve(value)
        if isinstance(found, dict | list) or found is None:
            raise NotKnown(value)
        return text(found)

    def items_of(self, value: Any) -> list[Any]:
        """Return a value that must be a list.

        Raises
        ------
        NotKnown
            If it has no value yet, or is not a list.
        ValidationError
            If a function has a wrong argument.
        """
        found = self.resolve(value)
        if not isinstance(found, list):
            raise NotKnown(value)
        return found

    def _condition_value(self, name: str) -> bool:
        if name in self._conditions:
            return self._conditions[name]
        if name not in self._template.conditions or name in self._evaluating:
            raise NotKnown(name)
        self._evaluating.add(name)
        try:
            value = self._conditions[name] = self.test(self._template.conditions[name])
        finally:
            self._evaluating.remove(name)
        return value

    # The transform allows functions in place of names.

    def _ref(self, argument: Any) -> Any:
        return super()._ref(self.text(argument))

    def _named_condition(self, argument: Any) -> bool:
        return super()._named_condition(self.text(argument))

    def _if(self, argument: Any) -> Any:
        if isinstance(argument, list) and argument and not isinstance(argument[0], str):
            argument = [self.text(argument[0]), *argument[1:]]
        return super()._if(argument)

    def _reference(self, name: str) -> NoReturn:
        raise NotKnown(name)

    def _attribute(self, logical_id: str, attribute: str, function: str) -> NoReturn:
        raise NotKnown(logical_id)

    def _import_value(self, argument: Any) -> NoReturn:
        raise NotKnown("Fn::ImportValue")


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
