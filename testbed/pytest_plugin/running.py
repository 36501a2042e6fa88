"""A running target: its stacks, websites, and the testbed's features that it has."""

from __future__ import annotations

import contextlib
import re
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from testbed.aws.stacks import SkippedResource, function_runtimes, skipped_resources
from testbed.control.clock import Clock
from testbed.control.faults import Faults
from testbed.control.inbox import Inbox
from testbed.control.journal import Journal
from testbed.control.permissions import Permissions
from testbed.control.reset import SavedStates
from testbed.control.runtimes import running_notes
from testbed.control.subscriptions import confirm
from testbed.deployment.deploy import deploy
from testbed.deployment.destroy import destroy_stack
from testbed.errors import ProjectError, TestbedError, TestbedWarning, preserved
from testbed.project.discovery import stack_name_of
from testbed.project.lines import TemplateLines
from testbed.project.project import Project
from testbed.pytest_plugin.stack import Stack
from testbed.session import Session
from testbed.websites.local_website import LocalWebsite
from testbed.websites.page import Page

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
    _saved: dict[str, str | TestbedError] = field(default_factory=dict, init=False, repr=False)
    _had_emails: bool = field(default=False, init=False, repr=False)

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
        """Return to the state right after the deployment of the project's stack.

        Everything else is removed, and what was deleted or changed is restored
        (:meth:`testbed.control.reset.SavedStates.reset`). The inbox is empty.

        Raises
        ------
        TestbedError
            If the state was not saved, or cannot be restored.
        """
        self.require("clean")
        saved = self._saved.get(stack.name)
        if isinstance(saved, TestbedError):
            raise saved
        if saved is None:
            raise TestbedError(
                f"The state after the deployment of {stack.name} was not saved.",
                advice="Only the project's stack, the fixture `stack`, can be cleaned.",
            )
        SavedStates(self.session.endpoint).reset(saved)
        if self._had_emails:
            self.inbox.clear()

    def remember(self, stack: Stack) -> None:
        """Save the state, for :meth:`clean`."""
        if "clean" in self.unavailable:
            return
        name = f"{stack.name}-{uuid.uuid4().hex[:8]}"
        try:
            # Of other stacks, if tests share an emulator.
            self._had_emails = bool(self.inbox.emails())
            SavedStates(self.session.endpoint).save(name)
        except TestbedError as error:  # only tests that use `clean` need it
            self._saved[stack.name] = error
        else:
            self._saved[stack.name] = name

    def forget(self) -> None:
        """Forget the saved states, at the end of a test run on an emulator that goes on."""
        with contextlib.suppress(TestbedError):
            for name in self._saved.values():
                if isinstance(name, str):
                    SavedStates(self.session.endpoint).forget(name)
        self._saved.clear()

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
            deployment = deploy(project, self.aws, lambda message: None)
            _warn(project.template, _left_out(deployment.skipped), deployment.notes)
        else:
            functions = function_runtimes(self.aws, project.stack_name)
            skipped = skipped_resources(self.aws, project.stack_name)
            _warn(
                project.template,
                _left_out(skipped),
                running_notes(self.session.endpoint, functions),
            )
        stack = Stack(project.stack_name, self.session.outputs(), self.aws)
        self._confirm(stack)
        self.remember(stack)
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
            deployment = deploy(project, self.aws, lambda message: None)
            _warn(template, _left_out(deployment.skipped), deployment.notes)
            stack = Stack(name, deployment.outputs, self.aws)
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


def _left_out(skipped: Iterable[SkippedResource]) -> Iterator[str]:
    return (each.sentence for each in skipped)


def _warn(template: Path, *notes: Iterable[str]) -> None:
    """Issue warnings at the lines of the resources that they begin with, instead of a line here."""
    found = list(chain(*notes))
    lines = TemplateLines.of(template) if found else None
    for note in found:
        resource = re.match(r"(?:Ignored: )?(\w+)", note)
        line = lines.line("Resources", resource[1]) if lines and resource else None
        warnings.warn_explicit(note, TestbedWarning, str(template), line or 1)


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
