"""Results for people, as a table or as Markdown, and for programs, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks.machine import Machine
from benchmarks.measures import Measure, Results, Unit, percentile, ratio

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_SMALL_BYTES = 2**17  # as 0.1 MiB they would all look alike


def rows(results: Results) -> list[list[str]]:
    """Return the header and one row per measure: each emulator's median and p99, then the ratio.

    The ratio is the first emulator's median over the other's.
    """
    ours, *others = results.emulators
    header = ["Measure"]
    for name in results.emulators:
        header += [name, "p99"]
    table = [[*header, *("Ratio" for _ in others), "Samples"]]
    for measure in results.measured():
        row = [measure.label]
        for name in results.emulators:
            row += _cells(results, measure, name)
        for name in others:
            value = ratio(results, measure, ours, name)
            row.append("–" if value is None else f"{value:.2f}")
        row.append(" + ".join(str(len(results.of(measure, name))) for name in results.emulators))
        table.append(row)
    return table


def _cells(results: Results, measure: Measure, emulator: str) -> list[str]:
    samples, lacking = results.of(measure, emulator), results.reason(measure, emulator)
    if not samples:
        return ["lacking" if lacking else "–", "–"]
    mark = " (!)" if lacking else ""
    return [
        amount(median(samples), measure.unit) + mark,
        amount(percentile(samples, 0.99), measure.unit),
    ]


def lacking(results: Results) -> list[str]:
    """Return a sentence for each thing that could not be measured."""
    return [
        f"{emulator}, {measure.label}: {reason}"
        for measure in results.measured()
        for emulator, reason in results.lacking.get(measure, {}).items()
    ]


def amount(value: float, unit: Unit) -> str:
    """Format a sample with a unit that people use."""
    match unit:
        case Unit.COUNT:
            return f"{value:g}"
        case Unit.PERCENT:
            return f"{value:.2f} %"
        case Unit.BYTES if abs(value) < _SMALL_BYTES:
            return f"{_rounded(value / 2**10)} KiB"
        case Unit.BYTES:
            return f"{_rounded(value / 2**20)} MiB"
        case Unit.SECONDS:
            return f"{value:.2f} s" if value >= 1 else f"{_rounded(value * 1000)} ms"


def _rounded(value: float) -> str:
    """Leave two digits at least."""
    return f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"


def as_table(results: Results) -> Table:
    """Return a table for a terminal."""
    header, *body = rows(results)
    table = Table(box=None, padding=(0, 1, 0, 0))  # fits into 80 columns
    table.add_column(header[0], no_wrap=True)
    for title in header[1:]:
        table.add_column(title, justify="right", no_wrap=True)
    for row in body:
        table.add_row(*row)
    return table


def as_markdown(results: Results, machine: Machine) -> str:
    """Return the table, the machine and what is lacking as Markdown."""
    header, *body = rows(results)
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *body]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    notes = "".join(f"- {line}\n" for line in lacking(results))
    return f"{text}\n\n{machine}.\n" + (f"\n{notes}" if notes else "")


def as_json(results: Results, machine: Machine, plan: DataclassInstance) -> str:
    """Return everything, every sample included: seconds, bytes and counts."""
    document = {
        "machine": asdict(machine),
        "plan": asdict(plan),
        "samples": results.samples,
        "lacking": results.lacking,
    }
    return json.dumps(document, indent=2) + "\n"
