"""A target that runs: what tests can do to it, and what of the testbed's own it has."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

import pytest

from testbed.aws.stacks import destroy_stack
from testbed.control.clock import Clock
from testbed.control.faults import Faults
from testbed.control.inbox import Inbox
from testbed.control.journal import Journal
from testbed.control.permissions import Permissions
from testbed.control.subscriptions import confirm
from testbed.deployment.deploy import deploy
from testbed.errors import ProjectError, preserved
from testbed.machine.websites import Page, Website
from testbed.project.project import Project
from testbed.pytest_plugin.plan import name_of
from testbed.pytest_plugin.stack import Stack
from testbed.session import Session

if TYPE_CHECKING:
    from testbed.aws.clients import Aws

Facility = Literal["inbox", "clock", "faults", "journal", "permissions", "clean"]
"""What is the testbed's own, and no API of AWS's."""


class Site(Protocol):
    """A website that functions of the target can reach, and that a test has in its hand."""

    @property
    def url(self) -> str:
        """Where functions find the page."""

    def answers(self, status: int) -> None:
        """Answer every request with a status, and not with the page."""

    def down(self) -> None:
        """Fail as a machine does whose server has crashed."""

    def slow(self, seconds: float) -> None:
        """Let every request wait for so long before it is answered."""

    def recovers(self) -> None:
        """Show the page again, and at once."""

    def close(self) -> None:
        """Stop serving."""


@dataclass
class RunningTestbed:
    """A target that runs, and what can be done to it.

    Parameters
    ----------
    lacks
        Why the target cannot be asked for some of the testbed's facilities. What needs one of
        them skips the test, and says this.
    provisioned
        Whether the project is deployed already, by init scripts.
    """

    session: Session
    lacks: Mapping[Facility, str] = field(default_factory=dict)
    provisioned: bool = False

    @property
    def endpoint_url(self) -> str:
        """Where the AWS APIs answer; empty for AWS itself."""
        return self.aws.endpoint_url

    @property
    def aws(self) -> Aws:
        """Clients of the AWS SDK."""
        return self.session.aws

    @cached_property
    def inbox(self) -> Inbox:
        """The emails that were sent."""
        self.require("inbox")
        return Inbox(self.session.endpoint)

    @cached_property
    def clock(self) -> Clock:
        """The clock that schedules go by."""
        self.require("clock")
        return Clock(self.session.endpoint)

    @cached_property
    def journal(self) -> Journal:
        """The journal of everything that happened."""
        self.require("journal")
        return Journal(self.session.endpoint)

    @cached_property
    def permissions(self) -> Permissions:
        """What was permitted to whom, and what was refused."""
        self.require("permissions")
        return Permissions(self.session.endpoint)

    def faults(self) -> Faults:
        """Return faults on purpose, which whoever makes them has to end."""
        self.require("faults")
        return Faults(self.session.endpoint)

    def clean(self, stack: Stack) -> None:
        """Let a stack be as its deployment left it, with no emails and no faults."""
        self.require("clean")
        stack.clean()
        if "faults" not in self.lacks:
            self.faults().remove_all()
        if "inbox" not in self.lacks:
            self.inbox.clear()

    def require(self, facility: Facility) -> None:
        """Skip the test that runs if the target has no such facility."""
        if facility in self.lacks:
            pytest.skip(self.lacks[facility])

    def website(self, page: Page) -> Site:
        """Open a website that functions can reach."""
        return Website(page, self.session.host_address)

    def functions(self) -> list[str]:
        """Return the names of the functions that tests may have to do with."""
        pages = self.aws.lambda_.get_paginator("list_functions").paginate()
        return [function["FunctionName"] for page in pages for function in page["Functions"]]

    def queues(self) -> list[str]:
        """Return the URLs of the queues that tests may have to do with."""
        return self.aws.sqs.list_queues().get("QueueUrls", [])

    def deploy_project(self) -> Stack:
        """Return the project's stack, deployed if init scripts have not done that.

        Raises
        ------
        TestbedError
            If it cannot be deployed.
        """
        project = self.session.project
        if not self.provisioned:
            check_template(project)
            deploy(project, self.aws, lambda message: None)
        stack = Stack(project.stack_name, self.session.outputs(), self.aws)
        stack.note_content()
        self._confirm(stack)
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
            Whether its email subscriptions are to be confirmed.

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
        check_template(project)
        try:
            outputs = deploy(project, self.aws, lambda message: None).outputs
            stack = Stack(name, outputs, self.aws)
            stack.note_content()
            if confirmed:
                self._confirm(stack)
            yield stack
        except BaseException as error:
            with preserved(error):
                destroy_stack(self.aws, name)
            raise
        destroy_stack(self.aws, name)

    def _confirm(self, stack: Stack) -> None:
        """Confirm email subscriptions, where emails can be looked at."""
        if "inbox" not in self.lacks:
            confirm(self.aws, self.inbox, stack.name)


def check_template(project: Project) -> None:
    """Check that there is a template to deploy.

    Raises
    ------
    ProjectError
        If it is missing.
    """
    if not project.template.is_file():
        raise ProjectError(
            f"There is no template {project.template}.",
            advice="Name the one to deploy in pytest's configuration: testbed_template = PATH.",
        )
