"""What was found about schedules, as tables, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from benchmarks import report
from benchmarks.machine import Machine
from benchmarks.measures import Measure, percentile, ratio
from benchmarks.report import amount
from benchmarks.schedules.firings import Fault
from benchmarks.schedules.measures import COSTS, Findings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# Further faults of one kind are alike.
_SHOWN = 2
_COUNTED = (Fault.MISSING, Fault.DOUBLE, Fault.EARLY)


def firings(findings: Findings) -> list[list[str]]:
    """Return the header, and for each kind and emulator how late, how many and what was wrong."""
    header = ["Late by", "Emulator", "median", "p99", "max", "due", "seen"]
    table = [header + [str(fault) for fault in _COUNTED]]
    for measure in findings.measured():
        if measure in COSTS:
            continue
        for name in findings.emulators:
            table.append([measure.label, name, *_firing(findings, measure, name)])
    return table


def _firing(findings: Findings, measure: Measure, emulator: str) -> list[str]:
    verdict = findings.verdicts.get(measure, {}).get(emulator)
    if verdict is None:
        lacking = findings.reason(measure, emulator)
        return ["lacking" if lacking else "–", *["–"] * (4 + len(_COUNTED))]
    samples = findings.of(measure, emulator)
    values = (median(samples), percentile(samples, 0.99), max(samples)) if samples else ()
    lateness = [amount(value, measure.unit) for value in values] or ["–"] * 3
    counts = (verdict.expected, verdict.seen, *(verdict.count(fault) for fault in _COUNTED))
    return [*lateness, *map(str, counts)]


def costs(findings: Findings) -> list[list[str]]:
    """Return the header, and one row per measure of costs, with the ratio to the first."""
    ours, *others = findings.emulators
    table = [["Cost", *findings.emulators, *("Ratio" for _ in others)]]
    for measure in findings.measured():
        if measure not in COSTS:
            continue
        row = [measure.label]
        for name in findings.emulators:
            samples = findings.of(measure, name)
            reason = findings.reason(measure, name)
            row.append(
                amount(median(samples), measure.unit) if samples else "lacking" if reason else "–"
            )
        for name in others:
            value = ratio(findings, measure, ours, name)
            row.append("–" if value is None or value < 0 else f"{value:.2f}")
        table.append(row)
    return table


def faults(findings: Findings) -> Iterator[str]:
    """Yield a line for each thing that was wrong with the firings of an emulator."""
    for measure, by_emulator in findings.verdicts.items():
        for emulator, verdict in by_emulator.items():
            for fault, evidence in verdict.faults.items():
                shown = "; ".join(evidence[:_SHOWN])
                more = f"; and {len(evidence) - _SHOWN} more" if len(evidence) > _SHOWN else ""
                yield (
                    f"{emulator}, {measure.label}: {len(evidence)} {fault.upper()}: {shown}{more}"
                )


def is_wrong(findings: Findings) -> bool:
    """Return whether the first emulator, ours, did something wrong or could not do it."""
    ours = findings.emulators[0]
    return any(ours in reasons for reasons in findings.lacking.values()) or any(
        ours in verdicts and verdicts[ours].faults for verdicts in findings.verdicts.values()
    )


def as_table(findings: Findings) -> Group:
    """Return what a terminal shows; what was wrong is red."""
    wrong = [Text(line, style="bold red") for line in faults(findings)]
    return Group(
        _table(firings(findings), left=2), Text(), _table(costs(findings), left=1), Text(), *wrong
    )


def _table(rows: list[list[str]], left: int) -> Table:
    header, *body = rows
    table = Table(box=None, padding=(0, 1, 0, 0))
    for position, title in enumerate(header):
        table.add_column(title, justify="left" if position < left else "right", no_wrap=True)
    alarming = [header.index(str(fault)) for fault in _COUNTED if str(fault) in header]
    for row in body:
        cells = [Text(cell) for cell in row]
        for position in alarming:
            if row[position] not in ("0", "–"):
                cells[position].stylize("bold red")
        table.add_row(*cells)
    return table


def as_markdown(findings: Findings, machine: Machine) -> str:
    """Return the same as Markdown, with the machine and what is lacking."""
    notes = [f"**{line}**" for line in faults(findings)] + report.lacking(findings)
    text = f"{_markdown(firings(findings), left=2)}\n\n{_markdown(costs(findings), left=1)}\n\n"
    listed = "".join(f"- {line}\n" for line in notes)
    return f"{text}{machine}.\n" + (f"\n{listed}" if listed else "")


def _markdown(rows: list[list[str]], left: int) -> str:
    header, *body = rows
    lines = [header, ["---"] * left + ["---:"] * (len(header) - left), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_json(findings: Findings, machine: Machine, plan: DataclassInstance) -> str:
    """Return everything, every sample and every fault included."""
    verdicts = {
        measure: {emulator: asdict(verdict) for emulator, verdict in by_emulator.items()}
        for measure, by_emulator in findings.verdicts.items()
    }
    document = json.loads(report.as_json(findings, machine, plan))
    return json.dumps(document | {"verdicts": verdicts}, indent=2) + "\n"
