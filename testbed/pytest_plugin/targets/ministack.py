"""MiniStack, a second implementation of AWS's APIs, with nothing of ours in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from testbed.emulators.ministack import ministack
from testbed.pytest_plugin.plan import Plan
from testbed.pytest_plugin.running import Facility, RunningTestbed
from testbed.pytest_plugin.targets import Target
from testbed.session import Session

_LACKS: Mapping[Facility, str] = {
    "inbox": "MiniStack has no inbox to look into: what SNS would send by email goes nowhere.",
    "clock": "MiniStack has no clock that can be moved, and fires no schedule by hand.",
    "faults": "MiniStack makes no faults on purpose.",
    "journal": "MiniStack keeps no journal of hops.",
    "permissions": "MiniStack does not tell what was permitted and refused.",
}

# A second opinion on permissions, which it does not enforce by default.
_SETTINGS = {"AUTH": "true"}


class _MiniStack(Target):
    takes_endpoint = True

    @contextmanager
    def running(self, plan: Plan, state: Path) -> Iterator[RunningTestbed]:
        if plan.endpoint_url:
            yield _at(plan.endpoint_url, plan, state)
            return
        with ministack(state / "ministack", lambda message: None, _SETTINGS) as started:
            yield _at(started.endpoint_url, plan, state)


def _at(endpoint_url: str, plan: Plan, state: Path) -> RunningTestbed:
    session = Session(plan.root, state, endpoint_url)
    session.project = plan.project()
    return RunningTestbed(session, _LACKS)


TARGET = _MiniStack()
