"""Metrics of the command ``up``."""

from __future__ import annotations

from benchmarks.metrics import Metric, Unit


class PipelineMetric(Metric):
    """The rows of the table, in order."""

    COLD_START = "cold_start", "Empty caches → API answers"
    START = "start", "Nothing → API answers"
    FIRST_INCIDENT = "first_incident", "First check → incident"
    INCIDENT = "incident", "Check → incident"
    INCIDENT_AFTER_SILENCE = "incident_after_silence", "… after a silence"
    END_OF_INCIDENT = "end_of_incident", "Check → end of incident"
    IDLE_RSS = "idle_rss", "Memory when idle (RSS)", Unit.BYTES
    IDLE_PSS = "idle_pss", "Memory when idle (PSS)", Unit.BYTES
    BUSY_RSS = "busy_rss", "Memory after checks (RSS)", Unit.BYTES
    BUSY_PSS = "busy_pss", "Memory after checks (PSS)", Unit.BYTES
