"""LocalStack in a container, as the project's ``docker-compose.yml`` says: it has everything."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.emulators.parent_watch import stopped_with_this_process
from testbed.machine.ports import random_free_port
from testbed.project.overrides import Overrides
from testbed.pytest_plugin.plan import Plan, pairs
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.targets import Target
from testbed.session import Session
from testbed.starting import start


class _Docker(Target):
    @contextmanager
    def running(self, plan: Plan, state: Path) -> Iterator[RunningTestbed]:
        session = Session(plan.root, state)
        session.project = plan.project()
        settings = pairs(plan.settings, "testbed_env")
        choices = Overrides(pairs(plan.parameters, "testbed_parameters"))
        with stopped_with_this_process(session.project.root, session.state):
            # It removes what a start that failed has left.
            start(session, choices, port=random_free_port(), settings=settings, docker=True)
            try:
                yield RunningTestbed(session, provisioned=True)
            finally:
                session.compose.stop()


TARGET = _Docker()
