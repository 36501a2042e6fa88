"""A testbed for tests: started for them, or one that runs already."""

from __future__ import annotations

import re
import shlex
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.choices import Choices
from testbed.deployment import deploy
from testbed.environments import ensure_environments
from testbed.errors import ProjectError
from testbed.inbox import Inbox
from testbed.journal import Journal
from testbed.ports import port_of_its_own
from testbed.project import Project, find_project, parse_pair
from testbed.pytest_plugin.stack import Stack
from testbed.removal import remove_stack
from testbed.schedules import ScheduleClock
from testbed.session import Session
from testbed.starting import start
from testbed.subscriptions import confirm

if TYPE_CHECKING:
    from testbed.aws import Aws
    from testbed.host_address import HostAddress

REGION = "us-east-1"
_LONGEST_STACK_NAME = 100


@dataclass(frozen=True)
class Plan:
    """What the options and settings of a test run say.

    Parameters
    ----------
    root
        pytest's ``rootdir``.
    template
        The template to deploy, if it is named; otherwise the project's in ``samconfig.toml``, or
        ``template.yaml``.
    parameters, settings
        ``NAME=VALUE`` pairs in one text: of the template, and for LocalStack's environment.
    """

    root: Path
    template: str = ""
    parameters: str = ""
    settings: str = ""
    endpoint_url: str | None = None
    docker: bool = False

    def project(self) -> Project:
        """Return the project to deploy; its template may be missing.

        Raises
        ------
        ProjectError
            If one of its files is not valid.
        """
        if self.template or not (self.root / "samconfig.toml").is_file():
            template = self.root / (self.template or "template.yaml")
            found = Project(self.root, template, name_of(template.parent), REGION)
        else:
            found = find_project(self.root)
        return found.with_parameters(pairs(self.parameters, "testbed_parameters"))

    @property
    def has_init_scripts(self) -> bool:
        """Whether init scripts of LocalStack provision the project, as with `testbed up`."""
        return not self.template and any((self.root / "init").glob("ready.d/*"))


@dataclass
class RunningTestbed:
    """A LocalStack with the testbed's extension, and what can be done to it."""

    session: Session
    provisioned: bool = False

    @property
    def endpoint_url(self) -> str:
        """Where the AWS APIs answer."""
        return self.session.endpoint_url

    @property
    def aws(self) -> Aws:
        """Clients of the AWS SDK."""
        return self.session.aws

    @property
    def host_address(self) -> HostAddress:
        """How functions reach servers of the tests."""
        return self.session.host_address

    @cached_property
    def inbox(self) -> Inbox:
        """The mails that were sent."""
        return Inbox(self.endpoint_url)

    @cached_property
    def clock(self) -> ScheduleClock:
        """The clock that schedules go by."""
        return ScheduleClock(self.endpoint_url)

    @cached_property
    def journal(self) -> Journal:
        """The journal of everything that happened."""
        return Journal(self.endpoint_url)

    def deploy_project(self) -> Stack:
        """Return the project's stack, deployed if init scripts have not done that.

        Raises
        ------
        TestbedError
            If it cannot be deployed.
        """
        project = self.session.project
        if not self.provisioned:
            _check_template(project)
            deploy(project, self.aws, lambda message: None)
        stack = Stack(project.stack_name, self.session.outputs(), self.aws)
        stack.note_content()
        confirm(self.aws, self.inbox, stack.name)
        return stack

    @contextmanager
    def deployed(
        self,
        template: Path,
        parameters: Mapping[str, str] | None = None,
        *,
        confirmed: bool = True,
    ) -> Iterator[Stack]:
        """Deploy a template as a stack of its own, which is removed at the end.

        Parameters
        ----------
        confirmed
            Whether its e-mail subscriptions are to be confirmed.

        Raises
        ------
        TestbedError
            If it cannot be deployed.
        """
        name = f"{name_of(template.parent)}-{uuid.uuid4().hex[:8]}"
        project = replace(
            Project(template.parent, template, name, self.session.project.region),
            parameters=dict(parameters or {}),
        )
        _check_template(project)
        try:
            outputs = deploy(project, self.aws, lambda message: None).outputs
            stack = Stack(name, outputs, self.aws)
            stack.note_content()
            if confirmed:
                confirm(self.aws, self.inbox, name)
            yield stack
        finally:
            remove_stack(self.aws, name)


@contextmanager
def running(plan: Plan, state: Path) -> Iterator[RunningTestbed]:
    """Start a testbed, and stop it at the end; or use the one at the given endpoint.

    Parameters
    ----------
    state
        A folder for its files.

    Raises
    ------
    TestbedError
        If it does not start.
    """
    session = Session(plan.root, state, plan.endpoint_url)
    session.project = plan.project()
    if plan.endpoint_url:
        yield RunningTestbed(session)
        return
    settings = pairs(plan.settings, "testbed_env")
    try:
        if plan.docker or plan.has_init_scripts:
            choices = Choices(pairs(plan.parameters, "testbed_parameters"))
            start(session, choices, port=port_of_its_own(), settings=settings, docker=plan.docker)
        else:
            environments = ensure_environments(lambda message: None)
            session.localstack.start(environments, port=port_of_its_own(), settings=settings)
        yield RunningTestbed(session, provisioned=plan.docker or plan.has_init_scripts)
    finally:
        (session.compose if plan.docker else session.localstack).stop()


def name_of(folder: Path) -> str:
    """Return a folder's name as CloudFormation allows it for a stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    name = re.sub("[^A-Za-z0-9]+", "-", folder.resolve().name).strip("-")
    return (name if name[:1].isalpha() else f"stack-{name}")[:_LONGEST_STACK_NAME].rstrip("-")


def pairs(text: str, where: str) -> dict[str, str]:
    """Read ``NAME=VALUE`` pairs, quoted as in a shell.

    Raises
    ------
    ProjectError
        If one has another form.
    """
    return dict(parse_pair(word, where) for word in shlex.split(text))


def _check_template(project: Project) -> None:
    if not project.template.is_file():
        raise ProjectError(
            f"There is no template {project.template}.",
            advice="Name the one to deploy in pytest's configuration: testbed_template = PATH.",
        )
