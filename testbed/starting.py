"""Starting LocalStack so that its init scripts deploy the project."""

from __future__ import annotations

from testbed.deployment.deploy import check, prepare
from testbed.emulators.environments import ensure_environments
from testbed.errors import TestbedError
from testbed.project.overrides import Overrides
from testbed.session import Session
from testbed.terminal import console


def start(
    session: Session,
    choices: Overrides,
    *,
    port: int | None = None,
    settings: dict[str, str] | None = None,
    docker: bool = False,
) -> None:
    """Start LocalStack with the project deployed, printing each step with its time.

    Parameters
    ----------
    choices
        What is to be deployed otherwise than the project says.
    settings
        Further environment variables for LocalStack.
    docker
        Whether it is to run in a container.

    Raises
    ------
    ProjectError
        If what is to be deployed is not valid: before anything is started.
    EnvironmentBuildError, StartError, DockerError
        As the steps say.
    """
    project = choices.apply(session.project)
    if docker:
        check(project)
        with console.step("Image with LocalStack and the extension"):
            session.compose.build()
        with console.step("Container with LocalStack and its init scripts"):
            session.compose.start(port=port, settings=settings or {}, choices=choices)
        return
    with console.step("Python environments and packages"):
        # Here, and not in an init script: what is wrong shows before anything is started.
        prepare(project, console.report)
        environments = ensure_environments(console.report)
    with console.step("LocalStack and its init scripts"):
        session.localstack.start(
            environments,
            port=port,
            init_scripts=project.init_scripts,
            settings={
                **(settings or {}),
                "TESTBED_PROJECT": str(project.root),
                **choices.environment(),
            },
        )


def is_up(session: Session, *, docker: bool) -> bool:
    """Return whether LocalStack runs in the way that is wanted.

    Raises
    ------
    TestbedError
        If it runs in the other way.
    """
    embedded = session.localstack.running()
    contained = None if embedded else session.compose.running()
    if (embedded and docker) or (contained and not docker):
        way = "as a process" if embedded else "in a container"
        raise TestbedError(
            f"The testbed of {session.project.root} is running {way}.",
            advice="Stop it first, with: testbed down",
        )
    return bool(embedded or contained)
