"""What the parts of a template refer to, and which resource depends on which."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template.document import Template

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.:]+")


@dataclass(frozen=True)
class Reference:
    """What a function refers to: a resource, a parameter, or an attribute of a resource."""

    function: str
    """``Ref``, ``Fn::GetAtt`` or ``Fn::Sub``."""

    name: str
    attribute: str | None = None
    """The name of an attribute; empty if a function in it returns it."""


def dependencies(
    template: Template, active: Iterable[str], condition: Callable[[str], bool]
) -> dict[str, frozenset[str]]:
    """Return, for each active resource, the active resources that must exist before it.

    By ``DependsOn``, ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub``, wherever they are in its properties.
    ``condition`` gives the values of conditions: branches of ``Fn::If`` that are not taken do not
    count, as on AWS.

    Raises
    ------
    ValidationError
        ``Circular dependency between resources: [A, B]``; ``Template format error: Unresolved
        resource dependencies [C] in the Resources block of the template``, if a resource that is
        not active, or not in the template, is referred to.
    """
    names = list(active)
    exists = frozenset(names)
    needed: dict[str, frozenset[str]] = {}
    missing: dict[str, None] = {}
    for name in names:
        declared = template.resources[name]
        referred = set(declared.depends_on)
        for reference in references(declared.properties, condition):
            if reference.name not in template.parameters and not _is_pseudo(reference.name):
                referred.add(reference.name)
        missing.update(dict.fromkeys(sorted(referred - exists)))
        needed[name] = frozenset(referred & exists)
    if missing:
        raise unresolved_resources(missing, "Resources")
    _check_acyclic(needed)
    return needed


def unresolved_resources(names: Iterable[str], block: str) -> ValidationError:
    """Return the error for references to resources that do not exist, in a section."""
    return ValidationError(
        f"Template format error: Unresolved resource dependencies [{', '.join(names)}] in the "
        f"{block} block of the template"
    )


def references(value: Any, condition: Callable[[str], bool] | None = None) -> Iterator[Reference]:
    """Yield what the functions of a value refer to.

    If ``condition`` gives the values of conditions, branches of ``Fn::If`` that are not taken are
    left out.

    Raises
    ------
    ValidationError
        If a variable of ``Fn::Sub`` has an invalid name.
    """
    if isinstance(value, list | tuple):
        for each in value:
            yield from references(each, condition)
        return
    if not isinstance(value, Mapping):
        return
    rest: Any = list(value.values())
    if len(value) == 1:
        match next(iter(value.items())):
            case "Ref", str(name):
                yield Reference("Ref", name)
            case "Fn::GetAtt", str(text):
                name, _, attribute = text.partition(".")
                yield Reference("Fn::GetAtt", name, attribute)
            case "Fn::GetAtt", [str(name), *attributes]:
                texts = [each for each in attributes if isinstance(each, str)]
                known = len(texts) == len(attributes)
                yield Reference("Fn::GetAtt", name, ".".join(texts) if known else "")
            case "Fn::Sub", str(text):
                yield from _variables(text, {})
            case "Fn::Sub", [str(text), Mapping() as given]:
                yield from _variables(text, given)
            case "Fn::If", [str(name), yes, no] if condition is not None:
                rest = yes if condition(name) else no
    yield from references(rest, condition)


def _variables(text: str, given: Mapping[str, Any]) -> Iterator[Reference]:
    for part, is_variable in sub_parts(text):
        if is_variable and part not in given:
            name, dot, attribute = part.partition(".")
            yield Reference("Fn::Sub", name, attribute if dot else None)


def _is_pseudo(name: str) -> bool:
    return name.startswith("AWS::")


@lru_cache(maxsize=4096)
def sub_parts(text: str) -> tuple[tuple[str, bool], ...]:
    """Return the parts of the text of a ``Fn::Sub``, and whether each is the name of a variable.

    ``${!Literal}`` becomes ``${Literal}``.

    Raises
    ------
    ValidationError
        If a name has other characters than variables may have.
    """
    parts: list[tuple[str, bool]] = []
    literal, end = "", 0
    for match in _VARIABLE.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        name = match[1]
        if name.startswith("!"):
            literal += f"${{{name[1:]}}}"
            continue
        if not _VARIABLE_NAME.fullmatch(name):
            raise ValidationError(
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
                f"characters, underscores, periods, and colons (found ${{{name}}})"
            )
        if literal:
            parts.append((literal, False))
            literal = ""
        parts.append((name, True))
    literal += text[end:]
    if literal or not parts:
        parts.append((literal, False))
    return tuple(parts)


def _check_acyclic(needed: dict[str, frozenset[str]]) -> None:
    """Raise an error for what remains if all is taken away that can be created.

    AWS, too, names resources that only depend on those of a cycle.
    """
    waiting = {name: len(each) for name, each in needed.items()}
    dependents: dict[str, list[str]] = {name: [] for name in needed}
    for name, each in needed.items():
        for other in each:
            dependents[other].append(name)
    ready = [name for name, count in waiting.items() if count == 0]
    for name in ready:
        for dependent in dependents[name]:
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                ready.append(dependent)
    rest = [name for name, count in waiting.items() if count]
    if rest:
        raise ValidationError(f"Circular dependency between resources: [{', '.join(rest)}]")
