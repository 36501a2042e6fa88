"""Transforms: LanguageExtensions, Include, Serverless.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from localstack_testbed.cloudformation.errors import TransformError, ValidationError
from localstack_testbed.cloudformation.template import include, language_extensions, serverless
from localstack_testbed.cloudformation.template.document import Document
from localstack_testbed.cloudformation.template.known_values import KnownValues, NotKnown

_FORM = frozenset({"Name", "Parameters"})
# "You can use AWS::Include anywhere within the template except in the template parameters section
# or the template version field."
_WITHOUT_MACROS = frozenset({"AWSTemplateFormatVersion", "Parameters", "Transform"})
_TOP_LEVEL_ONLY = frozenset({language_extensions.NAME, serverless.NAME})
_UNAVAILABLE = ("AWS::CodeDeployBlueGreen", "AWS::SecretsManager-", "AWS::ServiceCatalog")

type Macro = tuple[str, Mapping[str, Any]]
"""A macro's name and parameters."""


def declared_transforms(document: Document) -> list[str]:
    """Return the names of the transforms that a template declares, at its top and in its parts."""
    names = [name for name, _ in _macros(document.get("Transform"))]
    for section, content in document.items():
        if section not in _WITHOUT_MACROS:
            names += [name for name, _ in _embedded(content)]
    return list(dict.fromkeys(names))


def process(
    document: Document,
    parameters: Mapping[str, Any],
    read_object: Callable[[str], str],
) -> Document:
    """Return the document after its transforms, in AWS's order.

    That is the embedded ones first, from the inside to the outside, and then those of the Transform
    section as they are listed. ``parameters`` are the resolved values, with those of pseudo
    parameters; ``read_object`` returns the text behind an ``s3://`` or https URL of AWS::Include's
    Location.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-macros-author.html#template-macros-order

    Raises
    ------
    TransformError
        ``Transform AWS::Serverless-2016-10-31 failed with: …``, as AWS says it.
    ValidationError
        If a transform is declared wrongly, or does not exist: ``No transform named
        123456789012::Foo found.``
    """
    return _Processing(parameters, read_object).process(document)


class _Processing:
    """The transforms of one template."""

    def __init__(self, parameters: Mapping[str, Any], read_object: Callable[[str], str]) -> None:
        self._parameters = parameters
        self._read_object = read_object

    def process(self, document: Document) -> Document:
        """Return the document after its transforms."""
        known = KnownValues(document, self._parameters)
        macros = _macros(document.get("Transform"))
        for name, _ in macros:
            self._check_name(name)
        processed = {
            section: content if section in _WITHOUT_MACROS else self._within(content, known)
            for section, content in document.items()
            if section != "Transform"
        }
        if language_extensions.NAME not in (name for name, _ in macros):
            language_extensions.check_not_used(processed)
        for name, given in macros:
            match name:
                case include.NAME:
                    processed = self._include(processed, given, known)
                case language_extensions.NAME:
                    processed = language_extensions.transform(processed, self._parameters)
                case serverless.NAME:
                    processed = serverless.transform(processed, self._parameters)
        return processed

    def _within(self, value: Any, known: KnownValues) -> Any:
        if isinstance(value, list):
            return [self._within(part, known) for part in value]
        if not isinstance(value, dict):
            return value
        function = _function(value)
        processed = {
            key: self._within(part, known) for key, part in value.items() if key != function
        }
        for macro in _macros(value[function]) if function else ():
            processed = self._apply_embedded(macro, processed, known)
        return processed

    def _apply_embedded(
        self, macro: Macro, siblings: dict[str, Any], known: KnownValues
    ) -> dict[str, Any]:
        name, given = macro
        self._check_name(name)
        if name in _TOP_LEVEL_ONLY:
            raise ValidationError(
                f"Template format error: {name} can only be declared in the Transform section"
            )
        return self._include(siblings, given, known)

    def _include(
        self, siblings: dict[str, Any], given: Mapping[str, Any], known: KnownValues
    ) -> dict[str, Any]:
        content = include.snippet(_parameters(include.NAME, given, known), self._read_object)
        for key in content:
            if key in siblings:
                raise TransformError(
                    include.NAME, f"'{key}' is in the template as well as in the snippet"
                )
        return {**siblings, **content}

    def _check_name(self, name: str) -> None:
        if name in (include.NAME, language_extensions.NAME, serverless.NAME):
            return
        if name.startswith(_UNAVAILABLE):
            raise ValidationError(f"The transform {name} is not available in this testbed.")
        if "::" not in name:
            name = f"{self._parameters['AWS::AccountId']}::{name}"
        raise ValidationError(f"No transform named {name} found.")


def _parameters(name: str, given: Mapping[str, Any], known: KnownValues) -> dict[str, Any]:
    values = {}
    for key, value in given.items():
        try:
            values[key] = known.resolve(value)
        except NotKnown as error:
            raise ValidationError(
                f"The value of parameter {key} under transform {name} must resolve to a string, "
                "number, boolean or a list of any of these."
            ) from error
    return values


def _macros(declaration: Any) -> list[Macro]:
    """Return the macros of a Transform section or an ``Fn::Transform``."""
    if declaration is None:
        return []
    macros: list[Macro] = []
    for macro in declaration if isinstance(declaration, list) else [declaration]:
        match macro:
            case str():
                macros.append((macro, {}))
            case {"Name": str(name), "Parameters": dict(parameters)}:
                macros.append((name, parameters))
            case {"Name": str(name)}:
                macros.append((name, {}))
            case _:
                raise ValidationError("Key Name of transform definition must be a string.")
    return macros


def _function(value: Mapping[str, Any]) -> str | None:
    """Return the key under which an object calls a macro."""
    if "Fn::Transform" in value:
        return "Fn::Transform"
    short = value.get("Transform")
    if isinstance(short, dict) and "Name" in short and short.keys() <= _FORM:
        return "Transform"
    return None


def _embedded(value: Any) -> Iterator[Macro]:
    if isinstance(value, list):
        for part in value:
            yield from _embedded(part)
    elif isinstance(value, dict):
        if function := _function(value):
            yield from _macros(value[function])
        for part in value.values():
            yield from _embedded(part)
