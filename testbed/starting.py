"""Starting LocalStack with the project deployed: by its init scripts, or without any."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Protocol

from testbed.deployment.deploy import check, deploy, prepare
from testbed.emulators.environments import ensure_environments
from testbed.errors import TestbedError, preserved
from testbed.project.overrides import Overrides
from testbed.session import Session

_STOPPED = (
    "LocalStack was stopped, so nothing remains of the stack: fix the problem and run `testbed up`"
    " again."
)


class Progress(Protocol):
    """Shows the steps of a start to the user, as :mod:`testbed.terminal.console` does."""

    def step(self, name: str) -> AbstractContextManager[None]:
        """Return a context that shows a step while it lasts."""

    def report(self, message: str) -> None:
        """Show what is being done within a step."""


class _Silent:
    def step(self, name: str) -> AbstractContextManager[None]:
        return contextlib.nullcontext()

    def report(self, message: str) -> None:
        pass


SILENT: Progress = _Silent()


def start(
    session: Session,
    overrides: Overrides,
    *,
    port: int | None = None,
    settings: dict[str, str] | None = None,
    docker: bool = False,
    progress: Progress = SILENT,
) -> None:
    """Start LocalStack and deploy the project to it.

    Init scripts deploy it, if there are any. If the deployment fails, LocalStack is stopped.

    Parameters
    ----------
    overrides
        What to deploy differently from the project's files.
    port
        The port to listen on; by default 4566, or any free port if that is in use.
    settings
        Environment variables to add to LocalStack's.
    docker
        Whether to run it in a container.

    Raises
    ------
    ProjectError
        If the project is not valid. Nothing has been started then.
    EnvironmentBuildError, StartError, DockerError, DeploymentError
        If a step fails.
    """
    project = overrides.apply(session.project)
    if docker:
        check(project)
        with progress.step("Image with LocalStack and the extension"):
            session.compose.build()
        with progress.step("Container with LocalStack and its init scripts"):
            session.compose.start(port=port, settings=settings or {}, overrides=overrides)
        return
    with progress.step("Python environments and packages"):
        # Before LocalStack starts, so that an invalid project fails at once.
        prepare(project, progress.report)
        environments = ensure_environments(progress.report)
    scripted = project.has_init_scripts
    with progress.step("LocalStack and its init scripts" if scripted else "LocalStack"):
        session.localstack.start(
            environments,
            port=port,
            init_scripts=project.init_scripts,
            settings={
                **(settings or {}),
                "TESTBED_PROJECT": str(project.root),
                **overrides.environment(),
            },
        )
    if not scripted:
        try:
            with progress.step(f"Deployment of {project.stack_name}"):
                deploy(project, session.aws, progress.report)
        except BaseException as error:
            with preserved(error):
                session.localstack.stop()
            if isinstance(error, TestbedError):
                error.advice = f"{error.advice}\n{_STOPPED}".lstrip()
            raise


def is_up(session: Session, *, docker: bool) -> bool:
    """Return whether LocalStack runs: in a container if ``docker``, else as a process.

    Raises
    ------
    TestbedError
        If it runs the other way.
    """
    embedded = session.localstack.running()
    contained = None if embedded else session.compose.running()
    if (embedded and docker) or (contained and not docker):
        way = "as a process" if embedded else "in a container"
        raise TestbedError(
            f"The testbed of {session.project.root} is already running {way}.",
            advice="Stop it first, with: testbed down",
        )
    return bool(embedded or contained)
