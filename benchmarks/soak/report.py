"""Findings as tables, as Markdown and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from benchmarks import tables
from benchmarks.machine import Machine
from benchmarks.soak.soak_run import Findings, Plan
from benchmarks.soak.verdicts import MEBIBYTE, Result, judge


def passed(findings: Findings) -> bool:
    """Return whether all responses were as expected, and nothing leaks or is left behind."""
    return not (
        findings.broken_off
        or findings.remains
        or findings.tally.failures
        or any(verdict.result is Result.LEAK for verdict in judge(findings.rest_points))
    )


def invocation_rows(findings: Findings) -> list[list[str]]:
    """Return a header, a row for each kind, and the total."""
    tally = findings.tally
    rows = [["Invocations", "Made", "Unexpected responses"]]
    for kind in dict.fromkeys([*tally.invocations, *tally.failures]):
        rows.append([kind, str(tally.invocations[kind]), str(tally.failures[kind])])
    rows.append(["all", str(tally.invocations.total()), str(tally.failures.total())])
    return rows


def resource_rows(findings: Findings) -> list[list[str]]:
    """Return a header and a row for each resource."""
    rows = [["At rest", "First", "Highest", "Last", "Verdict"]]
    for verdict in judge(findings.rest_points):
        conclusion = f"{verdict.result.value} ({verdict.rule})"
        values = [verdict.first, verdict.highest, verdict.last]
        rows.append([verdict.resource, *values, conclusion])
    if points := findings.rest_points:
        first, last = points[0].figures, points[-1].figures
        for resource, *sizes in (
            ("LocalStack's log", first.log, last.log, last.log),
            ("CloudWatch's metrics", first.metrics, last.metrics, last.metrics),
        ):
            shown = [f"{size / MEBIBYTE:.1f} MiB" for size in sizes]
            rows.append([resource, *shown, "not judged"])
    return rows


def notes(findings: Findings) -> list[str]:
    """Return lines: the highest figures, unexpected responses, and what is left."""
    lines = []
    if findings.samples:
        figures = [sample.figures for sample in findings.samples]
        lines.append(
            f"Highest under load: {max(each.counts.processes for each in figures)} processes,"
            f" {max(each.counts.threads for each in figures)} threads and"
            f" {max(each.counts.files for each in figures)} open files of LocalStack,"
            f" {max(each.rss for each in figures) / MEBIBYTE:.0f} MiB of LocalStack (RSS)."
        )
    lines.append(f"Rest points: {len(findings.rest_points)}.")
    lines += [
        f"Unexpected, {each.kind}, after {each.second:.0f} s: {each.text}"
        for each in findings.tally.texts
    ]
    if findings.broken_off:
        lines.append(f"The run could not continue: {findings.broken_off}")
    lines += [f"Left behind: {each}" for each in findings.remains]
    if not findings.remains:
        lines.append("LocalStack has stopped; no process and no folder of environments is left.")
    return lines


def as_tables(findings: Findings) -> RenderableType:
    """Return everything for a terminal."""
    return Group(
        tables.for_terminal(invocation_rows(findings)),
        tables.for_terminal(resource_rows(findings), text_columns=(0, 4)),
        *(Text(line) for line in notes(findings)),
    )


def as_markdown(findings: Findings, machine: Machine, plan: Plan) -> str:
    """Return everything as Markdown."""
    parts = [
        tables.as_markdown(invocation_rows(findings)),
        tables.as_markdown(resource_rows(findings), text_columns=(0, 4)),
    ]
    parts.append("\n".join(f"- {line}" for line in notes(findings)))
    parts.append(
        f"{plan.duration / 60:g} minutes of load, {plan.clients} clients, at most {plan.rate:g}"
        f" operations per second. {machine}."
    )
    return "\n\n".join(parts) + "\n"


def as_json(findings: Findings, machine: Machine, plan: Plan) -> str:
    """Return everything, including all samples, in seconds and bytes."""
    document = {
        "passed": passed(findings),
        "machine": asdict(machine),
        "plan": asdict(plan),
        "invocations": findings.tally.invocations,
        "unexpected": findings.tally.failures,
        "texts": [asdict(each) for each in findings.tally.texts],
        "rest_points": [asdict(each) for each in findings.rest_points],
        "verdicts": [
            {**asdict(each), "result": each.result.value} for each in judge(findings.rest_points)
        ],
        "samples": [asdict(each) for each in findings.samples],
        "broken_off": findings.broken_off,
        "remains": findings.remains,
    }
    return json.dumps(document, indent=2) + "\n"
