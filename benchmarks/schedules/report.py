"""Results of the schedules benchmark as tables, Markdown and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from benchmarks import report, tables
from benchmarks.machine import Machine
from benchmarks.metrics import Metric, percentile, ratio
from benchmarks.report import amount
from benchmarks.schedules.firings import Defect
from benchmarks.schedules.metrics import COSTS, Findings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Further defects of the same kind look alike.
_SHOWN = 2
_COUNTED = (Defect.MISSING, Defect.DOUBLE, Defect.EARLY)


def firings(findings: Findings) -> list[list[str]]:
    """Return the header, and a row for each kind and emulator: lateness, counts and defects."""
    header = ["Late by", "Emulator", "median", "p99", "max", "due", "seen"]
    table = [header + [str(defect) for defect in _COUNTED]]
    for metric in findings.measured():
        if metric in COSTS:
            continue
        for name in findings.emulators:
            table.append([metric.label, name, *_firing(findings, metric, name)])
    return table


def _firing(findings: Findings, metric: Metric, emulator: str) -> list[str]:
    verdict = findings.verdicts.get(metric, {}).get(emulator)
    if verdict is None:
        failure = findings.reason(metric, emulator)
        return ["failed" if failure else "–", *["–"] * (4 + len(_COUNTED))]
    samples = findings.of(metric, emulator)
    values = (median(samples), percentile(samples, 0.99), max(samples)) if samples else ()
    lateness = [amount(value, metric.unit) for value in values] or ["–"] * 3
    counts = (verdict.expected, verdict.seen, *(verdict.count(defect) for defect in _COUNTED))
    return [*lateness, *map(str, counts)]


def costs(findings: Findings) -> list[list[str]]:
    """Return the header, and one row per metric of costs, with the ratio to the first."""
    ours, *others = findings.emulators
    table = [["Cost", *findings.emulators, *("Ratio" for _ in others)]]
    for metric in findings.measured():
        if metric not in COSTS:
            continue
        row = [metric.label]
        for name in findings.emulators:
            samples = findings.of(metric, name)
            reason = findings.reason(metric, name)
            row.append(
                amount(median(samples), metric.unit) if samples else "failed" if reason else "–"
            )
        for name in others:
            value = ratio(findings, metric, ours, name)
            row.append("–" if value is None or value < 0 else f"{value:.2f}")
        table.append(row)
    return table


def defects(findings: Findings) -> Iterator[str]:
    """Yield a line for each kind of defect of each emulator's firings."""
    for metric, by_emulator in findings.verdicts.items():
        for emulator, verdict in by_emulator.items():
            for defect, evidence in verdict.defects.items():
                shown = "; ".join(evidence[:_SHOWN])
                more = f"; and {len(evidence) - _SHOWN} more" if len(evidence) > _SHOWN else ""
                yield (
                    f"{emulator}, {metric.label}: {len(evidence)} {defect.upper()}: {shown}{more}"
                )


def is_wrong(findings: Findings) -> bool:
    """Return whether the first emulator, the testbed, had a defect or could not do something."""
    ours = findings.emulators[0]
    return any(ours in reasons for reasons in findings.failures.values()) or any(
        ours in verdicts and verdicts[ours].defects for verdicts in findings.verdicts.values()
    )


def as_table(findings: Findings) -> Group:
    """Return what a terminal shows; defects are red."""
    wrong = [Text(line, style="bold red") for line in defects(findings)]
    late = tables.for_terminal(
        firings(findings), text_columns=(0, 1), alarming=[str(defect) for defect in _COUNTED]
    )
    return Group(late, Text(), tables.for_terminal(costs(findings)), Text(), *wrong)


def as_markdown(findings: Findings, machine: Machine) -> str:
    """Return the same as Markdown, with the machine and what could not be measured."""
    late = tables.as_markdown(firings(findings), text_columns=(0, 1))
    notes = [f"**{line}**" for line in defects(findings)] + report.failures(findings)
    listed = "".join(f"- {line}\n" for line in notes)
    return f"{late}\n\n{tables.as_markdown(costs(findings))}\n\n{machine}.\n" + (
        f"\n{listed}" if listed else ""
    )


def as_json(findings: Findings, machine: Machine, plan: DataclassInstance) -> str:
    """Return everything, including every sample and defect."""
    verdicts = {
        metric: {emulator: asdict(verdict) for emulator, verdict in by_emulator.items()}
        for metric, by_emulator in findings.verdicts.items()
    }
    document = json.loads(report.as_json(findings, machine, plan))
    return json.dumps(document | {"verdicts": verdicts}, indent=2) + "\n"
