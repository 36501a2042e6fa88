"""Problems of a template: all of them in one error, each with its line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from testbed.errors import ProjectError
from testbed.project.lines import TemplateLines

Place = tuple[str, str]
"""A section of a template, and a name in it."""


@dataclass(frozen=True)
class Problem:
    """Something in a template that prevents its deployment.

    Parameters
    ----------
    text
        What is wrong, with what, and what to do, as a sentence.
    place
        The section and the name in it, such as ``("Resources", "Queue")``, if it has a place.
    template
        The template's file, if it is known.
    """

    text: str
    place: Place | None = None
    template: Path | None = None

    def __str__(self) -> str:
        if self.template is None:
            return self.text
        line = TemplateLines.of(self.template).line(*self.place) if self.place else None
        return f"{self.template.name}{f':{line}' if line else ''}: {self.text}"


def raise_problems(problems: Iterable[Problem]) -> None:
    """Raise one error for all problems, if there are any.

    Raises
    ------
    ProjectError
        With the problem as its message if it is the only one, else with one per line of details.
    """
    found = list(dict.fromkeys(str(problem) for problem in problems))
    if len(found) == 1:
        raise ProjectError(found[0])
    if found:
        raise ProjectError(
            f"The template cannot be deployed: {len(found)} problems.", details="\n".join(found)
        )
