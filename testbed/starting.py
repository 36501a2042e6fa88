"""Starting the embedded LocalStack so that its init scripts deploy the project."""

from __future__ import annotations

from testbed import console
from testbed.choices import Choices
from testbed.deployment import prepare
from testbed.environments import ensure_environments
from testbed.session import Session


def start(
    session: Session,
    choices: Choices,
    *,
    port: int | None = None,
    settings: dict[str, str] | None = None,
) -> None:
    """Start LocalStack with the project deployed, printing each step with its time.

    Parameters
    ----------
    choices
        What is to be deployed otherwise than the project says.
    settings
        Further environment variables for LocalStack.

    Raises
    ------
    ProjectError
        If what is to be deployed is not valid: before anything is started.
    EnvironmentBuildError, StartError
        As the steps say.
    """
    project = choices.apply(session.project)
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
