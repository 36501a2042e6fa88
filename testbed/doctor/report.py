"""The findings, for people and for programs."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any

from testbed.doctor.finding import Finding, Level
from testbed.errors import TestbedError
from testbed.terminal.console import output, text

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
    """Print a line for each finding, and below it what to do."""
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        sign = _SIGNS[finding.level]
        output.print(text(sign, f" {finding.subject:<{width}}  {finding.found}"))
        if finding.advice:
            output.print(text(" " * (width + 4), ("→", "bold"), f" {finding.advice}"))


def check(findings: list[Finding]) -> None:
    """Refuse what stops the testbed.

    Raises
    ------
    TestbedError
        If a finding is a problem.
    """
    problems = [finding.subject for finding in findings if finding.level is Level.PROBLEM]
    if problems:
        raise TestbedError(f"`testbed up` is stopped by: {', '.join(problems)}.")
