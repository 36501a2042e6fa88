"""Templates: YAML with CloudFormation's short intrinsic functions, and parameters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from testbed.errors import ProjectError
from testbed.project.problems import Problem, raise_problems
from testbed.project.yaml_loader import SafeLoader


class _Loader(SafeLoader):
    """YAML with ``!Ref`` and others converted to the long form of JSON templates."""


def _intrinsic(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _intrinsic)
# "2012-10-17" is the version of the policy language, not a date.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_template(path: Path) -> dict[str, Any]:
    """Read a template, with its intrinsic functions in their long form.

    Raises
    ------
    ProjectError
        If it is not YAML, or not a template.
    """
    try:
        # The loader is a SafeLoader.
        document = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The loader does not know the file's name.
        details = str(error).replace("<unicode string>", path.name)
        raise ProjectError(f"{path} is not valid YAML.", details=details) from error
    if not isinstance(document, dict) or not isinstance(document.get("Resources"), dict):
        raise ProjectError(
            f"{path} is not a CloudFormation template: it has no Resources.",
            advice="If it belongs to another program, name your template with --template, or start"
            " without one: testbed up --empty.",
        )
    return document


def section(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a section of a template; empty if it is missing or not a mapping."""
    found = holder.get(name)
    return found if isinstance(found, dict) else {}


def check_parameters(template: dict[str, Any], values: dict[str, str]) -> None:
    """Check the values of a template's parameters as CloudFormation does.

    A parameter without a value must have a default, which is checked like a value. The constraints
    of a list apply to each item.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/parameters-section-structure.html

    Raises
    ------
    ProjectError
        If the template has no such parameter, or a value is missing or not allowed.
    """
    raise_problems(parameter_problems(template, values))


def parameter_problems(
    template: dict[str, Any], values: dict[str, str], kept: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield what is wrong with the values of a template's parameters; see check_parameters.

    Parameters
    ----------
    kept
        The parameters whose values the stack has already.
    """
    parameters = section(template, "Parameters")
    for name in values:
        if name not in parameters:
            known = ", ".join(sorted(parameters)) or "none"
            yield Problem(f"The template has no parameter {name}; its parameters: {known}.")
    for name, parameter in parameters.items():
        if not isinstance(parameter, dict) or not _is_well_formed(parameter):
            continue  # CloudFormation rejects it
        if name not in values and "Default" not in parameter:
            if name in kept:
                continue
            yield Problem(_missing(name, parameter), ("Parameters", name))
            continue
        given = values.get(name, as_text(parameter.get("Default", "")))
        for value in _items(parameter.get("Type", "String"), given):
            if problem := _problem(parameter, value):
                wrong = parameter.get("ConstraintDescription", problem)
                yield Problem(
                    f"Invalid value {value!r} of the parameter {name}: {wrong}",
                    ("Parameters", name),
                )


def missing_parameters(
    template: dict[str, Any], values: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return the definitions of the parameters that have neither a value nor a default."""
    return {
        name: parameter
        for name, parameter in section(template, "Parameters").items()
        if isinstance(parameter, dict)
        and _is_well_formed(parameter)
        and name not in values
        and "Default" not in parameter
    }


def parameter_problem(parameter: dict[str, Any], value: str) -> str | None:
    """Return why a parameter cannot have a value, or None if it can."""
    for item in _items(parameter.get("Type", "String"), value):
        if problem := _problem(parameter, item):
            return str(parameter.get("ConstraintDescription", problem))
    return None


def _is_well_formed(parameter: dict[str, Any]) -> bool:
    """Return whether the attributes of a parameter have the types that they must have."""
    limits = (
        parameter.get(f"{end}{what}", 0) for end in ("Min", "Max") for what in ("Length", "Value")
    )
    return (
        isinstance(parameter.get("Type", "String"), str)
        and isinstance(parameter.get("AllowedValues", []), list)
        and all(map(_is_number, limits))
    )


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _missing(name: str, parameter: dict[str, Any]) -> str:
    description = parameter.get("Description")
    about = f" ({description})" if description else ""
    return (
        f"The parameter {name}{about} has no value and no default: set it with"
        f" --parameter {name}=VALUE, in samconfig.toml (parameter_overrides), or in pytest's"
        f" configuration (testbed_parameters = {name}=VALUE)."
    )


def _items(kind: str, value: str) -> list[str]:
    """Return what a parameter's constraints apply to: the value, or each item of a list."""
    # Values of SSM types are names of SSM parameters, whose values only AWS knows.
    if kind.startswith("AWS::SSM::Parameter::Value<"):
        return []
    if kind == "CommaDelimitedList" or kind.startswith("List<"):
        return [item.strip() for item in value.split(",")] if value else []
    return [value]


def _problem(parameter: dict[str, Any], value: str) -> str | None:
    """Return the constraint that a value violates, or None."""
    allowed = parameter.get("AllowedValues")
    if allowed is not None and value not in [as_text(each) for each in allowed]:
        return f"must be one of: {', '.join(as_text(each) for each in allowed)}"
    pattern = parameter.get("AllowedPattern")
    if pattern is not None and not _matches(str(pattern), value):
        return f"must match {pattern}"
    match parameter.get("Type", "String"):
        case "String":
            return _out_of_range(parameter, "Length", len(value), " characters long")
        case "Number" | "List<Number>":
            try:
                number = float(value)
            except ValueError:
                return "must be a number"
            return _out_of_range(parameter, "Value", number, "")
    return None


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:  # CloudFormation uses Java's syntax, parts of which Python does not know
        return True


def _out_of_range(parameter: dict[str, Any], what: str, number: float, unit: str) -> str | None:
    least, most = parameter.get(f"Min{what}"), parameter.get(f"Max{what}")
    if least is not None and number < float(least):
        return f"must be at least {least}{unit}"
    if most is not None and number > float(most):
        return f"must be at most {most}{unit}"
    return None


def as_text(value: Any) -> str:
    """Return a YAML scalar as CloudFormation reads it: ``true``, not ``True``."""
    return str(value).lower() if isinstance(value, bool) else str(value)
