"""A project, if there is one, and the LocalStack that most commands work on."""

from __future__ import annotations

import shlex
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.aws.clients import Aws
from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.control.endpoint import Endpoint
from testbed.emulators import selection_record
from testbed.emulators.compose import Compose
from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.emulators.localstack import LocalStack
from testbed.errors import NotRunningError
from testbed.machine.host_address import LOOPBACK, HostAddress
from testbed.project.discovery import (
    STATE_FOLDER,
    Selection,
    find_project,
    find_root,
    has_project,
)
from testbed.project.project import DEFAULT_REGION, Project

if TYPE_CHECKING:
    from testbed.websites.deployed_lists import DeployedLists

_NO_STACK: dict[str, Any] = {
    "stack": None, "outputs": {}, "api_url": None,
    "unconfirmed": [], "skipped": [], "ignored": [], "runtimes": [],
}  # fmt: skip


@dataclass
class Session:
    """The command line's common options, and what they select.

    Parameters
    ----------
    folder
        A folder, which may be inside a project.
    state_folder
        The state folder, if it is not ``.testbed`` in the project's folder.
    given_endpoint
        An endpoint to use instead of the running LocalStack's.
    selection
        The template, stack and environment to use instead of the project's.
    remembers
        Whether the selection that the testbed was started with is used if there is no other one.
    """

    folder: Path
    state_folder: Path | None = None
    given_endpoint: str | None = None
    selection: Selection = field(default_factory=Selection)
    remembers: bool = True

    @cached_property
    def root(self) -> Path:
        """The project's folder; the given folder if it is not in a project."""
        return find_root(self.folder)

    @property
    def chosen(self) -> Selection:
        """What the user selects, or else what the testbed was started with.

        If the user selects only a stack, it is another stack of the same template.
        """
        given = self.selection
        only_stack = replace(given, stack_name=None) == Selection()
        if not only_stack or self.given_endpoint or not self.remembers:
            return given
        remembered = selection_record.load(self.state)
        return replace(remembered, stack_name=given.stack_name or remembered.stack_name)

    @cached_property
    def project(self) -> Project:
        """The project, with what the user has selected.

        Raises
        ------
        ProjectError
            If there is none or it is not valid.
        """
        return find_project(self.root, self.chosen)

    @property
    def has_project(self) -> bool:
        """Whether there is a project, valid or not."""
        return "project" in vars(self) or has_project(self.root, self.chosen)

    @property
    def region(self) -> str:
        """The region: the project's, or the default one.

        Raises
        ------
        ProjectError
            If the project is not valid.
        """
        return self.project.region if self.has_project else DEFAULT_REGION

    @property
    def stack_name(self) -> str | None:
        """The name of the selected stack or of the project's; None without either.

        Raises
        ------
        ProjectError
            If the project is not valid.
        """
        if self.chosen.stack_name:
            return self.chosen.stack_name
        return self.project.stack_name if self.has_project else None

    @property
    def stack_names(self) -> list[str]:
        """The name of the selected stack, or those of all the project's; none without either.

        Raises
        ------
        ProjectError
            If the project is not valid.
        """
        if self.selection.stack_name or not self.has_project:
            return [self.selection.stack_name] if self.selection.stack_name else []
        return [each.stack_name for each in self.project.stacks]

    @property
    def init_scripts(self) -> Path:
        """The folder of init scripts (``ready.d`` and its siblings), which may be missing."""
        return self.root / "init"

    @property
    def has_init_scripts(self) -> bool:
        """Whether there are init scripts that LocalStack runs when it is ready."""
        return any(self.init_scripts.glob("ready.d/*"))

    @cached_property
    def state(self) -> Path:
        """The state folder, which holds the testbed's files."""
        return (self.state_folder or self.root / STATE_FOLDER).resolve()

    @cached_property
    def localstack(self) -> LocalStack:
        """The project's LocalStack as a process, running or not."""
        return LocalStack(self.state)

    @cached_property
    def compose(self) -> Compose:
        """The project's LocalStack in a container, running or not."""
        apart = self.state_folder is not None
        return Compose(self.root, self.state, apart=apart)

    def running(self) -> Instance | Container | None:
        """Return the running LocalStack, a process or a container, or None."""
        return self.localstack.running() or self.compose.running()

    def stop(self) -> bool:
        """Stop LocalStack, a process or a container; return whether it was running."""
        selection_record.forget(self.state)
        return self.localstack.stop() or self.compose.stop()

    @cached_property
    def aws(self) -> Aws:
        """The AWS APIs that the project is deployed to.

        Raises
        ------
        NotRunningError
            If no endpoint was given and no LocalStack runs.
        """
        return Aws(self.endpoint_url, self.region)

    @cached_property
    def endpoint_url(self) -> str:
        """The URL of the AWS APIs: as given, or the running LocalStack's.

        Raises
        ------
        NotRunningError
            If no endpoint was given and no LocalStack runs.
        """
        if self.given_endpoint:
            return self.given_endpoint.rstrip("/")
        return self._known_running.endpoint_url

    @cached_property
    def endpoint(self) -> Endpoint:
        """The emulator's own HTTP endpoints.

        Raises
        ------
        NotRunningError
            If no endpoint was given and no LocalStack runs.
        """
        return Endpoint(self.endpoint_url, self._control_secret)

    def _control_secret(self) -> ControlSecret | None:
        """Return the control secret of the given endpoint or of the running LocalStack."""
        if self.given_endpoint and (given := control_secret.from_environment()):
            return given
        # A test run has its own state folder, and may use the endpoint of `testbed up`.
        usual = self.root / STATE_FOLDER
        for localstack in (self.localstack, LocalStack(usual)):
            embedded = localstack.running()
            if embedded and embedded.endpoint_url == self.endpoint_url:
                return localstack.control_secret()
        for compose in (self.compose, Compose(self.root, usual, apart=False)):
            container = compose.running()
            if container and container.endpoint_url == self.endpoint_url:
                return container.control_secret()
        return control_secret.from_environment()

    @cached_property
    def host_address(self) -> HostAddress:
        """How functions reach this machine; by the loopback address if an endpoint was given.

        Raises
        ------
        NotRunningError
            If no endpoint was given and no LocalStack runs.
        """
        return LOOPBACK if self.given_endpoint else self._known_running.host_address

    def known_running(self) -> Instance | Container:
        """Return the running LocalStack, a process or a container.

        Raises
        ------
        NotRunningError
            If none runs.
        """
        return self._known_running

    @cached_property
    def _known_running(self) -> Instance | Container:
        running = self.running()
        if running is None:
            raise NotRunningError(
                f"The testbed of {self.root} is not running.",
                advice="Start it with: testbed up",
            )
        return running

    def with_websites(self, project: Project) -> Project:
        """Return a project that adds the testbed's websites to the lists that it deploys.

        Without this, a deployment would replace the deployed lists by those in the project's files.
        """
        running = None if self.given_endpoint else self.running()
        if running is None or not any(upload.websites for upload in project.uploads):
            return project
        from testbed.websites.websites import Websites

        websites = Websites(self.state, running).all()
        return project.with_websites({each.name: each.url for each in websites})

    def website_lists(self) -> DeployedLists | None:
        """Return the lists of websites that the project has deployed, or None if it has none."""
        from testbed.aws.stacks import stack_outputs
        from testbed.websites.deployed_lists import DeployedLists

        if not self.has_project or not any(each.websites for each in self.project.uploads):
            return None
        outputs = stack_outputs(self.aws, self.project.stack_name) or {}
        return DeployedLists(self.project, self.aws, outputs)

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the selected stack, as CloudFormation has them.

        Raises
        ------
        NotRunningError
            If it is not deployed.
        ProjectError
            If there is no project and no stack was selected.
        """
        from testbed.aws.stacks import stack_outputs

        stack_name = self.stack_name or self.project.stack_name
        outputs = stack_outputs(self.aws, stack_name)
        if outputs is None:
            raise NotRunningError(
                f"There is no stack {stack_name} at {self.endpoint_url}.",
                advice=f"Deploy it with: testbed deploy{self._stack_argument()}",
            )
        return outputs

    def _stack_argument(self) -> str:
        given = self.selection.stack_name
        return f" --stack {shlex.quote(given)}" if given else ""

    def description(self) -> dict[str, Any]:
        """Return the endpoint, the selected stack's outputs and warnings, for ``--json``.

        Raises
        ------
        NotRunningError
            If the user has selected a stack that is not deployed.
        """
        from testbed.control.isolation import isolation

        stack_name = self.stack_name
        return {
            "endpoint_url": self.endpoint_url,
            "host": asdict(self.host_address),
            "isolation": isolation(self.endpoint),
            **(self._stack_description(stack_name) if stack_name else _NO_STACK),
        }

    def _stack_description(self, stack_name: str) -> dict[str, Any]:
        from testbed.aws.addresses import api_url, local_outputs
        from testbed.aws.stacks import function_runtimes, skipped_resources, stack_outputs
        from testbed.control.runtimes import running_notes
        from testbed.control.subscriptions import unconfirmed

        if self.selection.stack_name:
            outputs = self.outputs()
        elif (found := stack_outputs(self.aws, stack_name)) is not None:
            outputs = found
        else:
            return _NO_STACK
        left_out = skipped_resources(self.aws, stack_name)
        return {
            "stack": stack_name,
            "outputs": local_outputs(self.aws, stack_name, outputs),
            "api_url": api_url(self.aws, stack_name, outputs),
            "unconfirmed": [each.address for each in unconfirmed(self.aws, stack_name)],
            "skipped": [str(each) for each in left_out if not each.ignored],
            "ignored": [str(each) for each in left_out if each.ignored],
            "runtimes": running_notes(self.endpoint, function_runtimes(self.aws, stack_name)),
        }
