"""Starting LocalStack, empty or with the project deployed: by its init scripts, or without any."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from testbed.aws.stacks import describe_stack
from testbed.deployment.deploy import check, deploy, prepare
from testbed.emulators import selection_record
from testbed.emulators.environments import ensure_environments
from testbed.emulators.given_settings import check_settings
from testbed.errors import ProjectError, TestbedError, preserved
from testbed.project.discovery import Selection
from testbed.project.overrides import Overrides
from testbed.project.project import Project
from testbed.session import Session

_STOPPED = (
    "LocalStack was stopped, so nothing remains of the stack: fix the problem and run `testbed up`"
    " again."
)

# As in docker-compose.yml.
_PROJECT_IN_CONTAINER = Path("/opt/testbed/project")


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
    empty: bool = False,
    progress: Progress = SILENT,
) -> None:
    """Start LocalStack, run its init scripts, and deploy the project if they have not.

    Without a project, LocalStack is empty. If the deployment fails, LocalStack is stopped.

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
    empty
        Whether to run no init scripts and to deploy nothing.

    Raises
    ------
    ProjectError
        If the project is not valid. Nothing has been started then.
    EnvironmentBuildError, StartError, DockerError, DeploymentError
        If a step fails.
    """
    project = None if empty or not session.has_project else overrides.apply(session.project)
    if docker:
        # Also without a project: the scripts of a Compose file for many projects would need one.
        scripted = not empty and (session.has_project or session.has_init_scripts)
        _start_container(
            session, overrides, project, port, settings or {}, progress, init_scripts=scripted
        )
    else:
        scripts = None if empty or not session.has_init_scripts else session.init_scripts
        _start_process(session, overrides, project, port, settings or {}, scripts, progress)
    selection_record.save(Selection() if empty else session.selection, session.state)
    if project is None or describe_stack(session.aws, project.stack_name) is not None:
        return
    try:
        with progress.step(f"Deployment of {project.stack_name}"):
            deploy(project, session.aws, progress.report)
    except BaseException as error:
        with preserved(error):
            session.stop()
        if isinstance(error, TestbedError):
            error.advice = f"{error.advice}\n{_STOPPED}".lstrip()
        raise


def _start_container(
    session: Session,
    overrides: Overrides,
    project: Project | None,
    port: int | None,
    settings: dict[str, str],
    progress: Progress,
    *,
    init_scripts: bool,
) -> None:
    check_settings(settings)
    if project:
        check(project)
    with progress.step("Image with LocalStack and the extension"):
        session.compose.build()
    what = "Container with LocalStack" + (" and its init scripts" if init_scripts else "")
    with progress.step(what):
        session.compose.start(
            port=port,
            settings={**settings, **_for_init_scripts_in_container(session, project)},
            overrides=overrides,
            init_scripts=init_scripts,
        )


def _start_process(
    session: Session,
    overrides: Overrides,
    project: Project | None,
    port: int | None,
    settings: dict[str, str],
    init_scripts: Path | None,
    progress: Progress,
) -> None:
    with progress.step("Python environments and packages"):
        # Before LocalStack starts, so that an invalid project fails at once.
        if project:
            prepare(project, progress.report)
        environments = ensure_environments(progress.report)
        for warning in check_settings(settings, environments):
            progress.report(warning)
    with progress.step("LocalStack and its init scripts" if init_scripts else "LocalStack"):
        session.localstack.start(
            environments,
            port=port,
            init_scripts=init_scripts,
            settings={
                **settings,
                "TESTBED_PROJECT": str(session.root),
                **overrides.environment(),
                **_for_init_scripts(session),
            },
        )


def _for_init_scripts_in_container(session: Session, project: Project | None) -> dict[str, str]:
    """Return the variables with which `testbed` in a container's init script uses the same stack.

    Raises
    ------
    ProjectError
        If the template is outside of the project, which is all that a container sees.
    """
    variables = _for_init_scripts(session)
    if template := variables.get("TESTBED_TEMPLATE"):
        try:
            inside = Path(template).relative_to(session.root)
        except ValueError:
            raise ProjectError(
                f"The template {template} is outside of {session.root}, so the container cannot"
                " read it.",
                advice="Move it there, or start the testbed without --docker.",
            ) from None
        variables["TESTBED_TEMPLATE"] = str(_PROJECT_IN_CONTAINER / inside)
    # The folder, after which a stack may be named, has another name there. The selection of one
    # stack of a CDK app would leave out others.
    if project and not project.before:
        variables.setdefault("TESTBED_STACK", project.stack_name)
    return variables


def _for_init_scripts(session: Session) -> dict[str, str]:
    """Return the variables with which `testbed` in an init script works on the same stack."""
    chosen = session.selection
    template = chosen.template.resolve() if chosen.template else None
    variables = {
        "TESTBED_TEMPLATE": str(template) if template else None,
        "TESTBED_STACK": chosen.stack_name,
        "TESTBED_CONFIG_ENV": chosen.environment,
    }
    return {name: value for name, value in variables.items() if value}


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
            f"The testbed of {session.root} is already running {way}.",
            advice="Stop it first, with: testbed down",
        )
    return bool(embedded or contained)
