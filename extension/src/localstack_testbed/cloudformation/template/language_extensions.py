"""The AWS::LanguageExtensions transform.

It expands loops, and replaces each function whose value is known before any resource exists by that
value. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, NoReturn

from localstack_testbed.cloudformation.errors import TransformError, ValidationError
from localstack_testbed.cloudformation.template.document import ALPHANUMERIC, Document
from localstack_testbed.cloudformation.template.evaluation import to_json
from localstack_testbed.cloudformation.template.known_values import KnownValues, NotKnown
from localstack_testbed.cloudformation.template.parameters import text

NAME: Final = "AWS::LanguageExtensions"

_LOOP = "Fn::ForEach::"
_ADDED = frozenset({"Fn::Length", "Fn::ToJsonString"})
_SECTIONS = ("Conditions", "Resources", "Outputs")
_POLICIES = ("DeletionPolicy", "UpdateReplacePolicy")
# "You can nest loops up to five levels."
_DEEPEST = 5
_MOST_ITERATIONS = 20_000
"""The iterations of all loops of a template: a few lines could ask for billions of resources.

AWS limits the result, to 1 MB and 500 resources.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""
# Functions that are replaced by their value, if that depends on nothing but parameters.
_REPLACED = frozenset(
    {"Fn::Base64", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::Sub", "Fn::ToJsonString"}
)

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_PLACEHOLDER = re.compile(r"([$&])\{([^{}]*)\}")


def transform(document: Document, parameters: Mapping[str, Any]) -> Document:
    """Return the document without what the transform adds to the language.

    Raises
    ------
    TransformError
        ``Transform AWS::LanguageExtensions failed with: …``
    """
    for section, content in document.items():
        if section not in _SECTIONS and any(name.startswith(_LOOP) for name in _uses(content)):
            _fail(
                "Fn::ForEach is only supported in the Resources, Conditions and Outputs sections, "
                f"not in {section}"
            )
    _check_loop_names(document)
    processed = dict(document)
    expansion = _Expansion(document, parameters)
    known = KnownValues(_without_conditions(document), parameters)
    for section in _SECTIONS:
        if isinstance(document.get(section), dict):
            processed[section] = expansion.members(document[section], known, section)
        if section == "Conditions":
            known = KnownValues(processed, parameters)
    for logical_id, resource in _objects(processed.get("Resources")):
        for attribute in _POLICIES:
            if isinstance(resource.get(attribute), dict | list):
                try:
                    resource[attribute] = known.text(resource[attribute])
                except NotKnown:
                    _fail(f"Unsupported expression for {attribute} in resource {logical_id}")
    for section in ("Resources", "Outputs"):
        for _, declaration in _objects(processed.get(section)):
            if "Condition" in declaration:
                declaration["Condition"] = _condition_name(declaration["Condition"], known)
    return processed


def check_not_used(document: Document) -> None:
    """Check that a template which does not declare the transform does not need it.

    Raises
    ------
    ValidationError
        If it has a function that the transform adds.
    """
    resources = document.get("Resources")
    for name in resources if isinstance(resources, dict) else ():
        if name.startswith(_LOOP):
            raise ValidationError(
                f"Template format error: [/Resources/{name}] resource definition is malformed"
                f" (Fn::ForEach requires the transform {NAME})"
            )
    for section in _SECTIONS:
        for name in _uses(document.get(section)):
            function = "Fn::ForEach" if name.startswith(_LOOP) else name
            raise ValidationError(f"Template error: {function} requires the transform {NAME}")


class _Expansion:
    """The expansion of a document's sections."""

    def __init__(self, document: Document, parameters: Mapping[str, Any]) -> None:
        declared = dict(_objects(document.get("Parameters")))
        # Anyone who may see the stack may read the processed template: it must have no secrets.
        public = {
            name: parameters[name]
            for name, declaration in declared.items()
            if name in parameters and not _no_echo(declaration)
        }
        self._public = public
        self._iterations = 0
        self._replaceable = KnownValues(_without_conditions(document), public)

    def members(
        self, content: Mapping[str, Any], known: KnownValues, section: str | None = None
    ) -> dict[str, Any]:
        """Return an object with its loops expanded; ``section`` if its keys are logical ids."""
        expanded: dict[str, Any] = {}
        for key, value in content.items():
            if not key.startswith(_LOOP):
                produced = iter([(key, self.expand(value, known))])
            else:
                produced = self._loop(key, value, known, section)
            for name, part in produced:
                if name in expanded:
                    _fail(
                        f"Duplicate key '{name}' when merging keys to parent object in Fn::ForEach"
                    )
                expanded[name] = part
        return expanded

    def expand(self, value: Any, known: KnownValues) -> Any:
        """Return a value without loops, in which what is known is replaced."""
        if isinstance(value, list):
            return [self.expand(part, known) for part in value]
        if not isinstance(value, dict):
            return value
        if not _is_function(value):
            return self.members(value, known)
        name, argument = next(iter(value.items()))
        match name:
            case "Ref":
                return self._ref(argument, known)
            case "Condition" if isinstance(argument, str) or _is_function(argument):
                return {name: _condition_name(argument, known)}
            case "Fn::GetAtt":
                return {name: self._get_att(argument, known)}
            case "Fn::If" if isinstance(argument, list) and argument:
                condition, *values = argument
                return {name: [_condition_name(condition, known), *self.expand(values, known)]}
            case "Fn::FindInMap":
                try:
                    return self.expand(known.mapped(argument), known)
                except (NotKnown, ValidationError):
                    return {name: self.expand(argument, known)}
            case "Fn::Length":
                try:
                    return known.resolve(value)
                except NotKnown:
                    _fail("The Fn::Length value could not be resolved for properties")
            case "Fn::ToJsonString":
                _check_json(argument)
        if name in _REPLACED:
            # What fails here fails again if the value is needed at all.
            with suppress(NotKnown, ValidationError):
                return self._replaceable.with_items(known.items).resolve(value)
        if name == "Fn::Sub":
            return {name: self._sub(argument, known)}
        return self.members(value, known)

    def _ref(self, argument: Any, known: KnownValues) -> Any:
        try:
            name = known.text(argument)
        except NotKnown:
            _fail(f"The logical ID in Ref could not be resolved: {to_json(argument)}")
        if name in known.items:
            return known.items[name]
        return self._public.get(name, {"Ref": name})

    def _get_att(self, argument: Any, known: KnownValues) -> Any:
        if not isinstance(argument, list):
            return argument
        parts: list[Any] = []
        for part in argument:
            try:
                parts.append(known.text(part))
            except NotKnown:
                _fail(f"The arguments of Fn::GetAtt could not be resolved: {to_json(argument)}")
        return parts

    def _sub(self, argument: Any, known: KnownValues) -> Any:
        # "&{Identifier}" is replaced in keys only.
        match argument:
            case str():
                return _filled(argument, known.items)
            case [str() as template, dict() as variables]:
                items = {name: item for name, item in known.items.items() if name not in variables}
                values = {name: self.expand(each, known) for name, each in variables.items()}
                return [_filled(template, items), values]
            case _:
                return argument

    def _loop(
        self, key: str, loop: Any, known: KnownValues, section: str | None
    ) -> Iterator[tuple[str, Any]]:
        match loop:
            case [str() as identifier, dict() | list() as collection, dict() as fragment]:
                pass
            case _:
                _fail("Fn::ForEach layout is incorrect")
        if len(known.items) == _DEEPEST:
            _fail(f"Fn::ForEach cannot be nested deeper than {_DEEPEST} levels: {key}")
        for item in _items(collection, known):
            self._iterations += 1
            if self._iterations > _MOST_ITERATIONS:
                _fail(f"The loops of a template may have at most {_MOST_ITERATIONS} iterations")
            inner = known.with_items({**known.items, identifier: item})
            for name, value in fragment.items():
                if name.startswith(_LOOP):
                    yield from self._loop(name, value, inner, section)
                    continue
                if identifier not in (found.group(2) for found in _PLACEHOLDER.finditer(name)):
                    _fail(
                        f"The key '{name}' of {key} must contain "
                        f"${{{identifier}}} or &{{{identifier}}}"
                    )
                produced = _key(name, inner)
                if section == "Outputs" and not ALPHANUMERIC.fullmatch(produced):
                    _fail(f"OutputKey '{produced}' should be alphanumeric")
                yield produced, self.expand(value, inner)


def _items(collection: Any, known: KnownValues) -> list[str]:
    try:
        items = known.items_of(collection)
    except NotKnown:
        items = [None]
    if any(item is None or isinstance(item, dict | list) for item in items):
        _fail("Could not find a collection or could not be resolved for Fn::ForEach")
    return [text(item) for item in items]


def _filled(template: str, items: Mapping[str, str]) -> str:
    """Return the text of an ``Fn::Sub`` with the items of loops in it."""
    return _VARIABLE.sub(lambda found: items.get(found[1], found[0]), template)


def _without_conditions(document: Document) -> Document:
    return {name: section for name, section in document.items() if name != "Conditions"}


def _is_function(value: Any) -> bool:
    """Return whether a value is a call of an intrinsic function."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    name = next(iter(value))
    return isinstance(name, str) and (name.startswith("Fn::") or name in {"Ref", "Condition"})


def _key(name: str, known: KnownValues) -> str:
    def replaced(found: re.Match[str]) -> str:
        form, identifier = found.groups()
        item = known.items.get(identifier)
        if item is None:
            return found.group(0)
        return re.sub(r"[^A-Za-z0-9]", "", item) if form == "&" else item

    return _PLACEHOLDER.sub(replaced, name)


def _condition_name(name: Any, known: KnownValues) -> Any:
    if not _is_function(name):
        return name
    try:
        return known.text(name)
    except NotKnown:
        _fail("Condition layout is incorrect")


def _check_json(argument: Any) -> None:
    """Reject a condition in JSON, such as that of a policy; the transform takes it for its own."""
    if not isinstance(argument, dict | list):
        _fail("Fn::ToJsonString layout is incorrect")
    for part in argument.values() if isinstance(argument, dict) else argument:
        if isinstance(part, dict | list):
            _check_json(part)
    if isinstance(argument, dict) and "Condition" in argument:
        if isinstance(argument["Condition"], str):
            _fail("Fn::ToJsonString does not support Condition intrinsic function")
        _fail("Condition layout is incorrect")


def _check_loop_names(document: Document) -> None:
    names = set(document.get("Resources") or {})
    for section in _SECTIONS:
        for key in _uses(document.get(section)):
            if not key.startswith(_LOOP):
                continue
            name = key.removeprefix(_LOOP)
            if not ALPHANUMERIC.fullmatch(name):
                _fail(f"The name of the loop {key} must be alphanumeric")
            if name in names:
                _fail(
                    f"The name of the loop {key} must be unique in the template, and differ from "
                    "the logical IDs of its resources"
                )
            names.add(name)


def _uses(value: Any) -> Iterator[str]:
    """Yield the names of the transform's functions and loops in a value."""
    if isinstance(value, dict):
        for key, part in value.items():
            if key.startswith(_LOOP) or key in _ADDED:
                yield key
            yield from _uses(part)
    elif isinstance(value, list):
        for part in value:
            yield from _uses(part)


def _objects(section: Any) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(section, dict):
        return []
    return [(name, value) for name, value in section.items() if isinstance(value, dict)]


def _no_echo(declaration: Mapping[str, Any]) -> bool:
    return str(declaration.get("NoEcho")).lower() == "true"


def _fail(message: str) -> NoReturn:
    raise TransformError(NAME, message)
