"""Metrics of the command ``lambda``."""

from __future__ import annotations

from benchmarks.metrics import Metric, Unit


class FunctionMetric(Metric):
    """The rows of the table, in order."""

    WARM = "warm", "Warm invocation"
    WARM_SILENT = "warm_silent", "… that logs nothing"
    COLD = "cold", "Cold start"
    COLD_INIT = "cold_init", "Init"
    COLD_IMPORT = "cold_import", "Cold start, import boto3"
    COLD_IMPORT_INIT = "cold_import_init", "Init, import boto3"
    INTERPRETER = "interpreter", "python -c 'import boto3'"
    COLD_CLIENT = "cold_client", "Cold start, S3 client"
    COLD_CLIENT_INIT = "cold_client_init", "Init, S3 client"
    BURST_COLD = "burst_cold", "100 at once, cold: each"
    BURST_COLD_ALL = "burst_cold_all", "100 at once, cold: all"
    BURST_WARM = "burst_warm", "100 at once, warm: each"
    BURST_WARM_ALL = "burst_warm_all", "100 at once, warm: all"
    BURST_ERRORS = "burst_errors", "100 at once: errors", Unit.COUNT
    IDLE_RSS = "idle_rss", "Idle environment (RSS)", Unit.BYTES
    IDLE_PSS = "idle_pss", "Idle environment (PSS)", Unit.BYTES
    IDLE_CLIENT_RSS = "idle_client_rss", "Idle, S3 client (RSS)", Unit.BYTES
    IDLE_CLIENT_PSS = "idle_client_pss", "Idle, S3 client (PSS)", Unit.BYTES
