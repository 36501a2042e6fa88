"""A running target: its stacks, websites, and the testbed's features that it has."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from testbed.control.clock import Clock
from testbed.control.faults import Faults
from testbed.control.inbox import Inbox
from testbed.control.journal import Journal
from testbed.control.permissions import Permissions
from testbed.control.subscriptions import confirm
from testbed.deployment.deploy import deploy
from testbed.deployment.destroy import destroy_stack
from testbed.errors import ProjectError, preserved
from testbed.project.discovery import stack_name_of
from testbed.project.project import Project
from testbed.pytest_plugin.stack import Stack
from testbed.session import Session
from testbed.websites.local_website import LocalWebsite, Page

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.pytest_plugin.fixture_types import Website

Feature = Literal["inbox", "clock", "faults", "journal", "permissions", "clean"]
"""What the testbed adds to the APIs of AWS."""


@dataclass
class RunningTestbed:
    """The fixture ``testbed``: a running target.

    Parameters
    ----------
    session
        The project, and the place where it is deployed.
    unavailable
        The features that the target does not have, and why. A test that uses one is skipped with
        this reason.
    provisioned
        Whether init scripts have deployed the project already.

    Examples
    --------
    ::

        import requests

        from testbed import RunningTestbed


        def test_localstack_is_healthy(testbed: RunningTestbed) -> None:
            answer = requests.get(f"{testbed.endpoint_url}/_localstack/health", timeout=10)
            assert answer.json()["version"].startswith("2026.3")
    """

    session: Session
    unavailable: Mapping[Feature, str] = field(default_factory=dict)
    provisioned: bool = False

    @property
    def endpoint_url(self) -> str:
        """The endpoint URL of the AWS APIs; empty for AWS itself."""
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
        """The clock of rules and schedules."""
        self.require("clock")
        return Clock(self.session.endpoint)

    @cached_property
    def journal(self) -> Journal:
        """The journal of API calls, deliveries, invocations and emails."""
        self.require("journal")
        return Journal(self.session.endpoint)

    @cached_property
    def permissions(self) -> Permissions:
        """The permissions that were used and denied."""
        self.require("permissions")
        return Permissions(self.session.endpoint)

    def faults(self) -> Faults:
        """Return fault injection, as a context manager that removes the faults it added."""
        self.require("faults")
        return Faults(self.session.endpoint)

    def clean(self, stack: Stack) -> None:
        """Restore a stack as its deployment left it, and delete all emails and faults."""
        self.require("clean")
        stack.clean()
        if "faults" not in self.unavailable:
            self.faults().remove_all()
        if "inbox" not in self.unavailable:
            self.inbox.clear()

    def require(self, feature: Feature) -> None:
        """Skip the current test if the target does not have a feature."""
        if feature in self.unavailable:
            pytest.skip(self.unavailable[feature])

    def website(self, page: Page) -> Website:
        """Open a website that functions can reach."""
        return LocalWebsite(page, self.session.host_address)

    def functions(self) -> list[str]:
        """Return the names of the functions that tests may use."""
        pages = self.aws.lambda_.get_paginator("list_functions").paginate()
        return [function["FunctionName"] for page in pages for function in page["Functions"]]

    def queues(self) -> list[str]:
        """Return the URLs of the queues that tests may use."""
        return self.aws.sqs.list_queues().get("QueueUrls", [])

    def deploy_project(self) -> Stack:
        """Return the project's stack, and deploy it unless init scripts have.

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
        stack.take_snapshot()
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
        """Deploy a template as a stack with a unique name, which is deleted at the end.

        Parameters
        ----------
        confirmed
            Whether to confirm its email subscriptions.

        Raises
        ------
        TestbedError
            If it cannot be deployed.
        """
        name = f"{stack_name_of(template)}-{uuid.uuid4().hex[:8]}"
        project = replace(
            Project(template.parent, template, name, self.session.project.region),
            parameters=dict(parameters or {}),
        )
        check_template(project)
        try:
            outputs = deploy(project, self.aws, lambda message: None).outputs
            stack = Stack(name, outputs, self.aws)
            stack.take_snapshot()
            if confirmed:
                self._confirm(stack)
            yield stack
        except BaseException as error:
            with preserved(error):
                destroy_stack(self.aws, name)
            raise
        destroy_stack(self.aws, name)

    def _confirm(self, stack: Stack) -> None:
        """Confirm email subscriptions, if the target has an inbox."""
        if "inbox" not in self.unavailable:
            confirm(self.aws, self.inbox, stack.name)


def check_template(project: Project) -> None:
    """Check that the template exists.

    Raises
    ------
    ProjectError
        If it is missing.
    """
    if not project.template.is_file():
        raise ProjectError(
            f"The template {project.template} does not exist.",
            advice="Set the template to deploy in pytest's configuration: testbed_template = PATH.",
        )
