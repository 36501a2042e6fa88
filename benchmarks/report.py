"""Results as a table, as Markdown and as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from statistics import median
from typing import TYPE_CHECKING

from rich.table import Table

from benchmarks import tables
from benchmarks.machine import Machine
from benchmarks.metrics import Metric, Results, Unit, percentile, ratio

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_SMALL_BYTES = 2**17  # below this, MiB would lose all digits


def rows(results: Results) -> list[list[str]]:
    """Return a header and a row for each metric: medians, 99th percentiles and ratios.

    A ratio is the first emulator's median divided by another's.
    """
    ours, *others = results.emulators
    header = ["Metric"]
    for name in results.emulators:
        header += [name, "p99"]
    table = [[*header, *("Ratio" for _ in others), "Samples"]]
    for metric in results.measured():
        row = [metric.label]
        for name in results.emulators:
            row += _cells(results, metric, name)
        for name in others:
            value = ratio(results, metric, ours, name)
            row.append("–" if value is None else f"{value:.2f}")
        row.append(" + ".join(str(len(results.of(metric, name))) for name in results.emulators))
        table.append(row)
    return table


def _cells(results: Results, metric: Metric, emulator: str) -> list[str]:
    samples, failure = results.of(metric, emulator), results.reason(metric, emulator)
    if not samples:
        return ["failed" if failure else "–", "–"]
    mark = " (!)" if failure else ""
    return [
        amount(median(samples), metric.unit) + mark,
        amount(percentile(samples, 0.99), metric.unit),
    ]


def failures(results: Results) -> list[str]:
    """Return a line for each failure."""
    return [
        f"{emulator}, {metric.label}: {reason}"
        for metric in results.measured()
        for emulator, reason in results.failures.get(metric, {}).items()
    ]


def amount(value: float, unit: Unit) -> str:
    """Format a sample with a unit of a suitable size."""
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
    """Round to at least two digits."""
    return f"{value:.1f}" if abs(value) < 9.95 else f"{value:.0f}"


def as_table(results: Results) -> Table:
    """Return a table for a terminal."""
    return tables.for_terminal(rows(results))


def as_markdown(results: Results, machine: Machine) -> str:
    """Return the table, the machine and the failures as Markdown."""
    notes = "".join(f"- {line}\n" for line in failures(results))
    return f"{tables.as_markdown(rows(results))}\n\n{machine}.\n" + (f"\n{notes}" if notes else "")


def as_json(results: Results, machine: Machine, plan: DataclassInstance) -> str:
    """Return everything, including all samples, in seconds, bytes and counts."""
    document = {
        "machine": asdict(machine),
        "plan": asdict(plan),
        "samples": results.samples,
        "failures": results.failures,
    }
    return json.dumps(document, indent=2) + "\n"
