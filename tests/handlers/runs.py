"""Runs of the monitor against one bucket and one topic, and runs that die."""

import json
from datetime import datetime, timedelta
from typing import Any, cast

from monitoring.alerts import AlertTopic, parse
from monitoring.checks import CheckResult
from monitoring.incidents import Incident, record
from monitoring.state_store import Outcome, StateStore, state_key
from monitoring.states import LEASE
from monitoring.storage import Documents

from tests.handlers.aws_fakes import FakeS3, FakeSNS
from tests.handlers.examples import NOON, site

KEY = state_key("shop")
DOWN_ID = "shop-20260102T120000000Z-DOWN"
UP_ID = "shop-20260102T120100000Z-UP"
AGAIN_ID = "shop-20260102T120101000Z-DOWN"
LEASE_SECONDS = int(LEASE.total_seconds())


class Crash(BaseException):
    """The run is killed."""


class Runs:
    """Runs of the monitor against one bucket and one topic."""

    def __init__(self) -> None:
        self.s3, self.sns = FakeS3(), FakeSNS()
        self._count = 0

    @property
    def documents(self) -> Documents:
        return Documents(cast(Any, self.s3), "bucket")

    def record(self, seen: CheckResult, seconds: float | None = None) -> Outcome:
        """Record a check as one run, at the time of the check or ``seconds`` past noon."""
        return self.store(past_noon(seen) if seconds is None else seconds).record(
            site(), seen, self.owner()
        )

    def retire(self, seconds: float) -> Outcome:
        """Retire the removed site as one run, ``seconds`` past noon."""
        return self.store(seconds).retire("shop", self.owner())

    def owner(self) -> str:
        self._count += 1
        return f"run-{self._count}"

    def store(self, seconds: float = 0) -> StateStore:
        return StateStore(
            self.documents, self.publish, clock=lambda: NOON + timedelta(seconds=seconds)
        )

    def publish(self, incident: Incident) -> None:
        AlertTopic(cast(Any, self.sns), "arn").publish(incident)

    def deliver(self) -> None:
        """Record the published alerts, as the incident queue and the recorder do."""
        for alert in self.sns.alerts:
            record(self.documents, parse(json.dumps(alert)))

    def gates(self, gate: Any) -> None:
        self.s3.gate = self.sns.gate = gate

    @property
    def incidents(self) -> list[Any]:
        """The recorded incidents, newest first."""
        return [self.s3.load(key) for key in sorted(self.s3.objects) if key.startswith("incidents")]

    @property
    def state(self) -> Any:
        return self.s3.load(KEY)


def past_noon(seen: CheckResult) -> float:
    """Return the time of a check, in seconds past noon."""
    return (datetime.fromisoformat(seen.at) - NOON).total_seconds()


def crash_at(moment: str, skip: int = 0) -> Any:
    """Return a gate that kills the run, the first time or after *skip* times."""
    left = [skip]

    def gate(passing: str) -> None:
        if moment in ("", passing):
            if left[0] == 0:
                raise Crash(passing)
            left[0] -= 1

    return gate
