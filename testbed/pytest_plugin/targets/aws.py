"""The target ``aws``: the AWS account that the AWS CLI uses.

Tests' websites are served by a stack in the account. At the end all stacks are deleted; only the
bucket with deployment packages remains.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from testbed.aws.account import Account
from testbed.aws.stacks import describe_stack
from testbed.deployment.deploy import deploy
from testbed.deployment.destroy import destroy_stack
from testbed.errors import DeploymentError, preserved
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.hosted_websites import TEMPLATE, HostedWebsites
from testbed.pytest_plugin.running import Feature, RunningTestbed, check_template
from testbed.pytest_plugin.stack import Stack
from testbed.pytest_plugin.targets import Target
from testbed.session import Session

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.project.project import Project
    from testbed.pytest_plugin.fixture_types import Website
    from testbed.websites.page import Page

_UNAVAILABLE: Mapping[Feature, str] = {
    "inbox": "AWS has no inbox that tests can read: it delivers emails to people.",
    "clock": "AWS has no clock to advance, and fires no schedule on demand.",
    "faults": "AWS has no fault injection for single API calls.",
    "journal": "AWS keeps no journal.",
    "permissions": "AWS does not report used and denied permissions immediately.",
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
    "clean": "AWS purges a queue at most once every 60 s: use unique names instead of `clean`.",
}


class _Aws(Target):
    takes_workers = False  # all processes would deploy the same stack

    @contextmanager
    def running(self, configuration: Configuration, state: Path) -> Iterator[RunningTestbed]:
        session = Session(configuration.root, state)
        session.project = configuration.project()
        account = Account(None, session.project.region)
        account.caller()
        session.aws = account
        with ExitStack() as cleanup:
            yield _AccountTestbed(session, _UNAVAILABLE, cleanup=cleanup)


@dataclass
class _AccountTestbed(RunningTestbed):
    """An AWS account.

    Parameters
    ----------
    cleanup
        Deletes the stacks at the end.
    """

    cleanup: ExitStack = field(kw_only=True)
    _stacks: list[Stack] = field(default_factory=list)

    def functions(self) -> list[str]:
        return [name for stack in self._stacks for name in stack.functions]

    def queues(self) -> list[str]:
        return [url for stack in self._stacks for url in stack.queues]

    def deploy_project(self) -> Stack:
        """Deploy the project, and delete it at the end.

        Raises
        ------
        TestbedError
            If it cannot be deployed, or its stack exists already.
        """
        project = self.session.project
        check_template(project)
        stack = self._deployed(project)
        self._stacks.append(stack)
        return stack

    def website(self, page: Page) -> Website:
        return self._websites.open(page)

    @cached_property
    def _websites(self) -> HostedWebsites:
        project = self.session.project
        hosting = replace(
            project,
            template=TEMPLATE,
            stack_name=f"{project.stack_name}-websites",
            parameters={},
            uploads=(),
        )
        return HostedWebsites(self._deployed(hosting))

    def _deployed(self, project: Project) -> Stack:
        name = project.stack_name
        named = "" if name == self.session.project.stack_name else f" --stack-name {name}"
        command = f"testbed destroy --target aws{named}"
        if describe_stack(self.aws, name) is not None:
            raise DeploymentError(
                f"The stack {name} exists already, and tests would change and delete it.",
                advice=f"If nobody needs it, delete it with: {command}\nOtherwise use another"
                " account, or another region in samconfig.toml.",
            )
        try:
            outputs = deploy(project, self.aws, lambda message: None).outputs
            stack = Stack(name, outputs, self.aws)
        except BaseException as error:
            with preserved(error):
                remove(self.aws, name, command)
            raise
        self.cleanup.callback(remove, self.aws, name, command)
        return stack


def remove(aws: Aws, name: str, command: str) -> None:
    """Delete a stack that was deployed for tests, with the content of its buckets.

    Parameters
    ----------
    command
        The command that does the same, for the error message.

    Raises
    ------
    DeploymentError
        If it cannot be deleted.
    """
    try:
        if describe_stack(aws, name) is not None:
            destroy_stack(aws, name)
    except (BotoCoreError, ClientError, DeploymentError) as error:
        raise DeploymentError(
            f"The stack {name} could not be deleted: {error}",
            advice=f"Delete it with: {command}",
        ) from error


TARGET = _Aws()
