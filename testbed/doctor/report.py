"""The findings as text and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from testbed.doctor.finding import Finding, Level
from testbed.errors import TestbedError
from testbed.terminal.console import Part, text
from testbed.terminal.tables import print_table

_SIGNS = {Level.OK: ("✓", "green"), Level.WARNING: ("!", "yellow"), Level.PROBLEM: ("✗", "red")}


def as_json(findings: list[Finding]) -> dict[str, Any]:
    """Return the findings as one JSON object."""
    counts = Counter(finding.level for finding in findings)
    return {
        "problems": counts[Level.PROBLEM],
        "warnings": counts[Level.WARNING],
        "findings": [
            {name: str(value) for name, value in asdict(finding).items()} for finding in findings
        ],
    }


def print_findings(findings: list[Finding]) -> None:
    """Print a line for each finding, followed by its advice."""
    print_table((), _rows(findings))


def _rows(findings: list[Finding]) -> Iterator[Sequence[Part]]:
    for finding in findings:
        yield text(_SIGNS[finding.level], f" {finding.subject}"), finding.found
        if finding.advice:
            yield "", text(("→", "bold"), f" {finding.advice}")


def raise_problems(findings: list[Finding]) -> None:
    """Raise an error if a finding is a problem.

    Raises
    ------
    TestbedError
        With the subjects of all problems.
    """
    problems = [finding.subject for finding in findings if finding.level is Level.PROBLEM]
    if problems:
        raise TestbedError(f"Fix these problems before `testbed up`: {', '.join(problems)}.")
