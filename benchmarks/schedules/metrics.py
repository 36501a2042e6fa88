"""Metrics of the command ``schedules``: lateness and costs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self

from benchmarks.metrics import Metric, Results, Unit
from benchmarks.schedules.firings import Verdict


class ScheduleMetric(Metric):
    """The rows of the tables, in order; the samples of firings are their lateness."""

    RULE_RATE = "rule_rate", "Rule, rate"
    RULE_CRON = "rule_cron", "Rule, cron"
    RULE_DISABLED = "rule_disabled", "Rule, disabled"
    SCHEDULE_RATE = "schedule_rate", "Schedule, rate"
    SCHEDULE_CRON = "schedule_cron", "Schedule, cron"
    SCHEDULE_AT = "schedule_at", "Schedules, at"
    HUNDRED = "hundred", "100 at once"
    IDLE_CPU = "idle_cpu", "CPU without any", Unit.PERCENT
    QUIET_CPU = "quiet_cpu", "CPU of 1,000 not due", Unit.PERCENT
    DUE_CPU = "due_cpu", "CPU of 100 due once a minute", Unit.PERCENT
    EACH_RSS = "each_rss", "Memory of each of 1,000 (RSS)", Unit.BYTES
    EACH_PSS = "each_pss", "Memory of each of 1,000 (PSS)", Unit.BYTES


COSTS = tuple(one for one in ScheduleMetric if one.unit is not Unit.SECONDS)


class Kind(StrEnum):
    """A kind of rule or schedule to observe: its metric, API and expression.

    Each schedule of the kind ``AT`` has its own expression.
    """

    expression: str
    metric: ScheduleMetric
    is_rule: bool

    def __new__(cls, expression: str, metric: ScheduleMetric, is_rule: bool) -> Self:
        """Create a member."""
        member = str.__new__(cls, metric.value)
        member._value_ = metric.value
        member.expression = expression
        member.metric = metric
        member.is_rule = is_rule
        return member

    RULE_RATE = "rate(1 minute)", ScheduleMetric.RULE_RATE, True
    RULE_CRON = "cron(* * * * ? *)", ScheduleMetric.RULE_CRON, True
    RULE_DISABLED = "rate(1 minute)", ScheduleMetric.RULE_DISABLED, True
    RATE = "rate(1 minute)", ScheduleMetric.SCHEDULE_RATE, False
    CRON = "cron(* * * * ? *)", ScheduleMetric.SCHEDULE_CRON, False
    AT = "", ScheduleMetric.SCHEDULE_AT, False


@dataclass
class Findings(Results):
    """Results, with a verdict for each metric of firings and each emulator."""

    verdicts: dict[Metric, dict[str, Verdict]] = field(default_factory=dict)

    def judged(self, metric: Metric, emulator: str, verdict: Verdict) -> None:
        """Add a verdict; its lateness becomes samples."""
        by_emulator = self.verdicts.setdefault(metric, {})
        by_emulator[emulator] = by_emulator.get(emulator, Verdict()) + verdict
        for seconds in verdict.lateness:
            self.add(metric, emulator, seconds)
