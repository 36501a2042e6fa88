"""The target ``docker``: LocalStack in a container of the project's ``docker-compose.yml``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.emulators.parent_watch import stopped_with_this_process
from testbed.machine.ports import random_free_port
from testbed.project.overrides import Overrides
from testbed.project.pairs import parse_pairs
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.targets import Target
from testbed.session import Session
from testbed.starting import start


class _Docker(Target):
    @contextmanager
    def running(self, configuration: Configuration, state: Path) -> Iterator[RunningTestbed]:
        session = Session(configuration.root, state, selection=configuration.selection)
        session.project = configuration.project()
        settings = parse_pairs(configuration.settings, "testbed_env")
        choices = Overrides(parse_pairs(configuration.parameters, "testbed_parameters"))
        # As for the target localstack: otherwise the fixture `stack` deploys.
        scripted = not configuration.template and session.has_init_scripts
        with stopped_with_this_process(session.root, session.state):
            # A failed start removes its container itself.
            start(
                session,
                choices,
                port=random_free_port(),
                settings=settings,
                docker=True,
                empty=not scripted,
            )
            try:
                yield RunningTestbed(session, provisioned=scripted)
            finally:
                session.compose.stop()


TARGET = _Docker()
