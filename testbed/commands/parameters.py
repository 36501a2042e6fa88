"""Questions for the template's parameters that have neither a value nor a default."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.project.project import Project


def ask_for_missing(
    project: Project, kept: Callable[[str], Collection[str]] = lambda stack_name: frozenset()
) -> dict[str, str]:
    """Ask on a terminal for the values that a deployment needs; return them.

    Elsewhere nothing is asked: the deployment then says which values are missing, and how to give
    them.

    Parameters
    ----------
    kept
        Returns the parameters whose values a stack has already.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return {}
    from testbed.project.template import missing_parameters, read_template

    answers: dict[str, str] = {}
    for each in project.stacks:
        missing = missing_parameters(read_template(each.template), each.parameters)
        known = kept(each.stack_name) if missing else ()
        for name, parameter in missing.items():
            if name not in known and name not in answers:
                answers[name] = _ask(name, parameter)
    return answers


def _ask(name: str, parameter: dict[str, Any]) -> str:
    from testbed.project.template import as_text, parameter_problem

    if description := parameter.get("Description"):
        console.progress.print(console.text((f"{name}: {description}", "dim")))
    if allowed := parameter.get("AllowedValues"):
        values = ", ".join(as_text(each) for each in allowed)
        console.progress.print(console.text((f"One of: {values}", "dim")))

    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
    hidden = str(parameter.get("NoEcho", "")).lower() == "true"
    return console.prompt(name, lambda value: parameter_problem(parameter, value), hidden=hidden)
