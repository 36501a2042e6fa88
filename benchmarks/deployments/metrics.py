"""Metrics of the command ``deploy``."""

from __future__ import annotations

from benchmarks.metrics import Metric


class DeploymentMetric(Metric):
    """The rows of the table, in order."""

    FIRST = "first", "First deployment"
    UNCHANGED = "unchanged", "Nothing changed"
    CODE = "code", "Changed line of a handler → live"
    SAVED = "saved", "Saved file → new answer"
    PATH = "path", "New API path → answers"
