"""A project and the LocalStack that it is deployed to, which most commands work on."""

from __future__ import annotations

import contextlib
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from testbed.aws.clients import Aws
from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.control.endpoint import Endpoint
from testbed.emulators.compose import Compose
from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.emulators.localstack import LocalStack
from testbed.errors import NotRunningError, ProjectError
from testbed.machine.host_address import LOOPBACK, HostAddress
from testbed.project.project import Project, find_project

# https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
_EXECUTE_API = re.compile(r"https://(?P<api>[\w-]+)\.execute-api\.[^/]+/(?P<rest>.+)")


@dataclass
class Session:
    """The command line's common options, and what they select.

    Parameters
    ----------
    folder
        A folder inside the project.
    state_folder
        The state folder, if it is not the project's ``.testbed``.
    given_endpoint
        An endpoint to use instead of the running LocalStack's.
    """

    folder: Path
    state_folder: Path | None = None
    given_endpoint: str | None = None

    @cached_property
    def project(self) -> Project:
        """The project that contains the folder.

        Raises
        ------
        ProjectError
            If there is none or it is not valid.
        """
        return find_project(self.folder)

    @cached_property
    def state(self) -> Path:
        """The state folder, which holds the testbed's files."""
        return (self.state_folder or self.project.state).resolve()

    @cached_property
    def localstack(self) -> LocalStack:
        """The project's LocalStack as a process, running or not."""
        return LocalStack(self.state)

    @cached_property
    def compose(self) -> Compose:
        """The project's LocalStack in a container, running or not."""
        apart = self.state_folder is not None
        return Compose(self.project.root, self.state, apart=apart)

    def running(self) -> Instance | Container | None:
        """Return the running LocalStack, a process or a container, or None."""
        return self.localstack.running() or self.compose.running()

    def stop(self) -> bool:
        """Stop LocalStack, a process or a container; return whether it was running."""
        return self.localstack.stop() or self.compose.stop()

    @cached_property
    def aws(self) -> Aws:
        """The AWS APIs that the project is deployed to.

        Raises
        ------
        NotRunningError
            If no endpoint was given and no LocalStack runs.
        """
        return Aws(self.endpoint_url, self.project.region)

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
        with contextlib.suppress(ProjectError):  # an endpoint can be used outside of any project
            # A test run has its own state folder, and may use the endpoint of `testbed up`.
            usual = self.project.state
            for localstack in (self.localstack, LocalStack(usual)):
                embedded = localstack.running()
                if embedded and embedded.endpoint_url == self.endpoint_url:
                    return localstack.control_secret()
            for compose in (self.compose, Compose(self.project.root, usual, apart=False)):
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
                f"The testbed of {self.project.root} is not running.",
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

    def outputs(self) -> dict[str, str]:
        """Return the deployed stack's outputs.

        Raises
        ------
        NotRunningError
            If the stack is not deployed.
        """
        from testbed.aws.stacks import stack_outputs

        outputs = stack_outputs(self.aws, self.project.stack_name)
        if outputs is None:
            raise NotRunningError(
                f"There is no stack {self.project.stack_name} at {self.endpoint_url}.",
                advice="Deploy it with: testbed deploy",
            )
        return outputs

    def description(self) -> dict[str, Any]:
        """Return the deployed stack's endpoint, outputs and settings, for ``--json``."""
        from testbed.aws.stacks import skipped_resources
        from testbed.control.isolation import isolation
        from testbed.control.subscriptions import unconfirmed

        outputs = self.outputs()
        waiting = unconfirmed(self.aws, self.project.stack_name)
        left_out = skipped_resources(self.aws, self.project.stack_name)
        return {
            "endpoint_url": self.endpoint_url,
            "api_url": api_url(outputs, self.endpoint_url),
            "host": asdict(self.host_address),
            "stack": self.project.stack_name,
            "outputs": outputs,
            "isolation": isolation(self.endpoint),
            "unconfirmed": [each.address for each in waiting],
            "skipped": [str(each) for each in left_out if not each.ignored],
            "ignored": [str(each) for each in left_out if each.ignored],
        }


def api_url(outputs: dict[str, str], endpoint_url: str) -> str | None:
    """Return the URL of the REST API in a stack's outputs, or None if they have none.

    On AWS the host name selects the API; with an emulator the path does. https://docs.localstack.cloud/aws/services/apigateway/
    """
    for value in outputs.values():
        if match := _EXECUTE_API.fullmatch(value):
            if not endpoint_url:
                return value.rstrip("/")
            return f"{endpoint_url}/_aws/execute-api/{match['api']}/{match['rest']}"
    return None
