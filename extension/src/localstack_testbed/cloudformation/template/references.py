"""Which resource of a template refers to which."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any

from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.template.document import Template

_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_.:]+")


def dependencies(
    template: Template,
    active: Iterable[str],
    condition: Callable[[str], bool] | None = None,
) -> dict[str, frozenset[str]]:
    """Return, for each active resource, the active resources that must exist before it.

    By ``DependsOn``, ``Ref``, ``Fn::GetAtt`` and ``Fn::Sub``, wherever they are in its properties.
    If ``condition`` gives the values of conditions, branches of ``Fn::If`` that are not taken do
    not count, as on AWS.

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
            if reference not in template.parameters and not reference.startswith("AWS::"):
                referred.add(reference)
        # Without conditions it is not known whether a reference to an inactive resource counts.
        unresolved = referred - exists
        if condition is None:
            unresolved -= template.resources.keys()
        missing.update(dict.fromkeys(sorted(unresolved)))
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


def references(value: Any, condition: Callable[[str], bool] | None = None) -> Iterator[str]:
    """Yield the names of resources, parameters and pseudo parameters that a value refers to.

    If ``condition`` gives the values of conditions, branches of ``Fn::If`` that are not taken are
    left out.
    """
    if isinstance(value, list):
        for each in value:
            yield from references(each, condition)
    elif isinstance(value, dict):
        if len(value) == 1:
            ((name, argument),) = value.items()
            match name:
                case "Ref":
                    if isinstance(argument, str):
                        yield argument
                    return
                case "Fn::GetAtt":
                    yield from _of_get_att(argument, condition)
                    return
                case "Fn::Sub":
                    yield from _of_sub(argument, condition)
                    return
                case "Fn::If" if (
                    condition is not None and isinstance(argument, list) and len(argument) == 3
                ):
                    if isinstance(argument[0], str):
                        chosen = argument[1] if condition(argument[0]) else argument[2]
                        yield from references(chosen, condition)
                    return
        for each in value.values():
            yield from references(each, condition)


def _of_get_att(argument: Any, condition: Callable[[str], bool] | None) -> Iterator[str]:
    if isinstance(argument, str):
        yield argument.partition(".")[0]
    elif isinstance(argument, list) and argument:
        if isinstance(argument[0], str):
            yield argument[0]
        yield from references(argument[1:], condition)


def _of_sub(argument: Any, condition: Callable[[str], bool] | None) -> Iterator[str]:
    text, variables = argument, {}
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        text, variables = argument
    if isinstance(text, str):
        for part, is_variable in sub_parts(text):
            if is_variable and part not in variables:
                yield part if part.startswith("AWS::") else part.partition(".")[0]
    for each in variables.values():
        yield from references(each, condition)


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
                "characters, underscores, periods, and colons"
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
