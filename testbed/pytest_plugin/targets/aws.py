"""An AWS account, as the AWS CLI finds it. Nothing is left there but deployment packages.

What emulators have by themselves is made there: websites, in a stack of their own.
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
from testbed.aws.stacks import describe_stack, destroy_stack
from testbed.deployment.deploy import deploy
from testbed.errors import DeploymentError, preserved
from testbed.pytest_plugin.hosted_websites import TEMPLATE, HostedWebsites
from testbed.pytest_plugin.plan import Plan
from testbed.pytest_plugin.running import Facility, RunningTestbed, Site, check_template
from testbed.pytest_plugin.stack import Stack
from testbed.pytest_plugin.targets import Target
from testbed.session import Session

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.machine.websites import Page
    from testbed.project.project import Project

_LACKS: Mapping[Facility, str] = {
    "inbox": "AWS has no inbox to look into: it delivers emails to people.",
    "clock": "AWS has no clock that can be moved, and fires no schedule by hand.",
    "faults": "AWS makes no faults on purpose.",
    "journal": "AWS keeps no journal of hops.",
    "permissions": "AWS does not tell at once what was permitted and refused.",
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html
    "clean": "AWS empties a queue at most once a minute: use names of the test's own.",
}


class _Aws(Target):
    takes_workers = False  # a stack's name is there only once

    @contextmanager
    def running(self, plan: Plan, state: Path) -> Iterator[RunningTestbed]:
        session = Session(plan.root, state)
        session.project = plan.project()
        account = Account(None, session.project.region)
        account.caller()
        session.aws = account
        with ExitStack() as made:
            yield _AccountTestbed(session, _LACKS, made=made)


@dataclass
class _AccountTestbed(RunningTestbed):
    """An AWS account.

    Parameters
    ----------
    made
        Removes what was made.
    """

    made: ExitStack = field(kw_only=True)
    _stacks: list[Stack] = field(default_factory=list)

    def functions(self) -> list[str]:
        return [name for stack in self._stacks for name in stack.functions]

    def queues(self) -> list[str]:
        return [url for stack in self._stacks for url in stack.queues]

    def deploy_project(self) -> Stack:
        """Deploy the project, to be removed at the end.

        Raises
        ------
        TestbedError
            If it cannot be deployed, or is there already.
        """
        project = self.session.project
        check_template(project)
        stack = self._deployed(project)
        self._stacks.append(stack)
        return stack

    def website(self, page: Page) -> Site:
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
        by_hand = f"testbed destroy --target aws{named}"
        if describe_stack(self.aws, name) is not None:
            raise DeploymentError(
                f"There is a stack {name} already, and tests would change and delete it.",
                advice=f"If nobody needs it, delete it: {by_hand}\nOr take another account, or"
                " another region in samconfig.toml.",
            )
        try:
            outputs = deploy(project, self.aws, lambda message: None).outputs
            stack = Stack(name, outputs, self.aws)
            stack.note_content()
        except BaseException as error:
            with preserved(error):
                remove(self.aws, name, by_hand)
            raise
        self.made.callback(remove, self.aws, name, by_hand)
        return stack


def remove(aws: Aws, name: str, by_hand: str) -> None:
    """Delete a stack that was made for tests, with its buckets.

    Parameters
    ----------
    by_hand
        The command that does the same.

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
            f"The stack {name} is left behind: {error}", advice=f"Delete it: {by_hand}"
        ) from error


TARGET = _Aws()
