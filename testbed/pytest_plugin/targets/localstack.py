"""The target ``localstack``: a LocalStack process with the testbed's extension."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.control.endpoint import require_answer
from testbed.emulators.environments import ensure_environments
from testbed.emulators.given_settings import check_settings
from testbed.emulators.parent_watch import stopped_with_this_process
from testbed.machine.ports import random_free_port
from testbed.project.overrides import Overrides
from testbed.project.pairs import parse_pairs
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.targets import Target
from testbed.session import Session
from testbed.starting import start


class _LocalStack(Target):
    takes_endpoint = True

    @contextmanager
    def running(self, configuration: Configuration, state: Path) -> Iterator[RunningTestbed]:
        session = Session(
            configuration.root, state, configuration.endpoint_url, selection=configuration.selection
        )
        session.project = configuration.project()
        if configuration.endpoint_url:
            require_answer(configuration.endpoint_url)
            yield RunningTestbed(session)
            return
        settings = parse_pairs(configuration.settings, "testbed_env")
        with stopped_with_this_process(session.root, session.state):
            scripted = not configuration.template and session.has_init_scripts
            try:
                if scripted:
                    choices = Overrides(parse_pairs(configuration.parameters, "testbed_parameters"))
                    start(session, choices, port=random_free_port(), settings=settings)
                else:
                    environments = ensure_environments(lambda message: None)
                    for warning in check_settings(settings, environments):
                        warnings.warn(f"testbed_env: {warning}", stacklevel=1)
                    session.localstack.start(
                        environments, port=random_free_port(), settings=settings
                    )
                yield RunningTestbed(session, provisioned=scripted)
            finally:
                session.localstack.stop()


TARGET = _LocalStack()
