"""The loop of ``testbed watch``: it notices changes of files, and deploys them.

Changes stay pending until what they mean is deployed. So a change that arrives during a deployment
leads to another one, and what could not be deployed is tried again after the next change.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from testbed.aws.objects import put_if_new
from testbed.aws.stacks import stack_outputs
from testbed.deployment.artifacts import Artifacts
from testbed.deployment.code_packages import code_packages
from testbed.deployment.code_updates import MissingFunctionError, local_functions, update_code
from testbed.deployment.deploy import check, deploy
from testbed.deployment.stack_update import stack_parameters
from testbed.errors import DeploymentError, ProjectError, TestbedError
from testbed.machine.file_errors import explained
from testbed.watching.decision import Decision, decide
from testbed.watching.file_changes import FileChanges
from testbed.watching.git_lock import wait_for_git
from testbed.watching.inputs import FunctionCode, first_inputs, project_inputs
from testbed.watching.syntax import InvalidSyntaxError, syntax_errors

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.deployment.packaging import Package
    from testbed.project.project import Project

# The time of a file and that of a function's update are not compared more precisely.
_MARGIN_SECONDS = 2.0
_GIT_SECONDS = 10.0


class Observer(Protocol):
    """Shows what happens."""

    def deployed(self, text: str, seconds: float | None = None) -> None:
        """Show what was deployed, and how long it took since the change was noticed."""

    def failed(self, error: TestbedError, consequence: str) -> None:
        """Show why something was not deployed, and what follows from that."""

    def progress(self, message: str) -> None:
        """Show a step that takes long."""


class StackWatch:
    """The changes of one project, and its stack.

    Parameters
    ----------
    read
        Reads the project from its files.
    """

    def __init__(self, read: Callable[[], Project], aws: Aws, observer: Observer) -> None:
        self._read = read
        self._aws = aws
        self._observer = observer
        self._artifacts = Artifacts(aws)
        self._project = read()
        self._pending: set[Path] = set()
        self._live: dict[str, Package] = {}
        self._runs_on: dict[str, str] = {}
        self._looked = time.time()
        self._shown: list[str] = []
        self.inputs = first_inputs(self._project)

    @property
    def name(self) -> str:
        """The name of the stack."""
        return self._project.stack_name

    @property
    def root(self) -> Path:
        """The folder of the project."""
        return self._project.root.resolve()

    def begin(self) -> None:
        """Read what is deployed, if the template is valid; everything counts as changed."""
        self._pending = {self._project.template.resolve()}
        try:
            if stack_outputs(self._aws, self.name) is None:
                return
            self._read_inputs()
        except ProjectError:  # which the first deployment reports
            return
        self._pending |= set(self.inputs.sources())
        self._looked = min((self._updated(each) for each in self.inputs.functions), default=0.0)

    def deploy_changes(self, changed: Iterable[Path]) -> None:
        """Deploy what follows from changed files, and from those that are still pending.

        Raises
        ------
        botocore.exceptions.ConnectionError
            If the testbed does not answer any more.
        """
        started = time.monotonic()
        looked = time.time()
        changed = set(changed)
        is_meant = bool(decide(changed, self.inputs))
        decision = decide(self._pending | changed, self.inputs)
        self._pending = set(decision.paths())
        if not decision:
            return
        shown, self._shown = self._shown, []
        errors: list[TestbedError] = [*self._syntax_errors(decision)]
        if decision.stack:
            if not errors:
                errors = [*self._deploy(decision, started)]
        else:
            broken = {error.path for error in errors if isinstance(error, InvalidSyntaxError)}
            errors += self._update(decision, broken, started)
            errors += self._upload(decision, started)
        for error in errors:
            text = f"{error.message}\n{error.details}"
            self._shown.append(text)
            if is_meant or text not in shown:
                self._observer.failed(error, self._consequence(error, decision))
        if not errors:
            self._looked = looked - _MARGIN_SECONDS

    def _syntax_errors(self, decision: Decision) -> list[InvalidSyntaxError]:
        checked = [
            (self._runs_on.get(function.runtime, function.runtime), paths)
            for function, paths in decision.functions
        ]
        checked.append(("", decision.stack))
        found: dict[Path, InvalidSyntaxError] = {}
        for runtime, paths in checked:
            for error in syntax_errors(paths, runtime, self.root, self._looked):
                found.setdefault(error.path, error)
        return [found[path] for path in sorted(found)]

    def _deploy(self, decision: Decision, started: float) -> list[TestbedError]:
        """Deploy everything by a change set."""
        try:
            self._project = self._read()
            deployment = deploy(self._project, self._aws, self._progress)
            self._live, self._runs_on = deployment.packages, deployment.runs_on
            self._read_inputs()
        except (TestbedError, ClientError, BotoCoreError, OSError) as error:
            failure = _readable(error)
            return [failure, *self._roll_back_code(failure)]
        self._pending.clear()
        names = self._listed(decision.stack)
        seconds = time.monotonic() - started
        if deployment.changed:
            self._observer.deployed(f"{names}: stack {self.name} updated", seconds)
        elif deployment.restored:
            self._observer.deployed(f"{_listed(deployment.restored)} updated", seconds)
        else:
            self._observer.deployed(f"{names}: stack {self.name} is up to date", seconds)
        for name in deployment.uploaded:
            self._observer.deployed(f"{name} uploaded")
        for text in (*map(str, deployment.skipped), *deployment.left_behind, *deployment.notes):
            self._observer.progress(text)
        return []

    def _roll_back_code(self, failure: TestbedError) -> list[TestbedError]:
        """Give the functions the code again that they had before a deployment.

        CloudFormation rolls back to its last template, which may hold older code.
        """
        if not isinstance(failure, DeploymentError):
            return []
        try:
            update_code(self._aws, self._artifacts, self._live)
        except (TestbedError, ClientError, BotoCoreError, OSError) as error:
            return [_readable(error)]
        return []

    def _update(self, decision: Decision, broken: set[Path], started: float) -> list[TestbedError]:
        """Update the code of functions directly; their broken files stay pending."""
        done: set[Path] = set()
        kept: set[Path] = set()
        packages: dict[str, Package] = {}
        errors: list[TestbedError] = []
        by_source: dict[Path, list[FunctionCode]] = {}
        for function, paths in decision.functions:
            if any(path == bad or path in bad.parents for path in paths for bad in broken):
                kept |= paths
            else:
                by_source.setdefault(function.source, []).append(function)
        changed = dict(decision.functions)
        for functions in by_source.values():
            paths = frozenset().union(*(changed[function] for function in functions))
            try:
                made = code_packages(
                    [each.file for each in functions], self._progress, self._runs_on
                )
            except (TestbedError, OSError) as error:
                errors.append(_readable(error))
                kept |= paths
                continue
            packages |= {each.name: one for each, one in zip(functions, made, strict=True)}
            done |= paths
        try:
            updated = update_code(self._aws, self._artifacts, packages)
        except MissingFunctionError:  # the stack was deleted, for example
            template = self._project.template.resolve()
            return [*errors, *self._deploy(Decision(frozenset({template})), started)]
        except (TestbedError, ClientError, BotoCoreError, OSError) as error:
            return [*errors, _readable(error)]
        self._live |= packages
        self._pending -= done - kept
        if updated:
            self._observer.deployed(f"{_listed(updated)} updated", time.monotonic() - started)
        return errors

    def _upload(self, decision: Decision, started: float) -> list[TestbedError]:
        """Upload files whose content has changed."""
        wanted = dict(decision.uploads)
        if not wanted:
            return []
        try:
            self._project = self._read()
        except TestbedError as error:
            return [error]
        errors = []
        for upload in self._project.uploads:
            if upload.name not in wanted:
                continue
            try:
                outputs = stack_outputs(self._aws, self.name) or {}
                is_new = put_if_new(self._aws, outputs[upload.output], upload.content())
            except (TestbedError, ClientError, BotoCoreError, OSError) as error:
                errors.append(_readable(error))
                continue
            self._pending -= wanted[upload.name]
            if is_new:
                self._observer.deployed(f"{upload.name} uploaded", time.monotonic() - started)
        return errors

    def _read_inputs(self) -> None:
        kept = stack_parameters(self._aws, self.name)
        template = check(replace(self._project, kept_parameters=kept))
        functions = local_functions(self._aws, self.name, template)
        self.inputs = project_inputs(self._project, template, functions)

    def _updated(self, function: FunctionCode) -> float:
        """Return when a function was updated, in seconds since 1970."""
        found = self._aws.lambda_.get_function_configuration(FunctionName=function.name)
        moment = datetime.strptime(found["LastModified"], "%Y-%m-%dT%H:%M:%S.%f%z")
        return moment.timestamp() - _MARGIN_SECONDS

    def _progress(self, message: str) -> None:
        if not message.startswith("packaging "):  # which takes no time
            self._observer.progress(message)

    def _consequence(self, error: TestbedError, decision: Decision) -> str:
        if isinstance(error, InvalidSyntaxError):
            waiting = self._listed(decision.stack - {error.path})
            also = f" When the error is fixed, {waiting} is deployed, too." if waiting else ""
            return f"The old code stays active.{also}"
        if isinstance(error, DeploymentError) and error.advice:
            return ""  # it says what state the stack is in
        return "What is deployed stays as it is."

    def _listed(self, paths: Iterable[Path]) -> str:
        return ", ".join(sorted(self.shown(path) for path in paths))

    def shown(self, path: Path) -> str:
        """Return a path as it is shown: relative to the project, if it is in it."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


class Watch:
    """The loop for all stacks.

    Parameters
    ----------
    check
        Is called several times a second, and may raise an error to end the loop.
    """

    def __init__(self, stacks: list[StackWatch], check: Callable[[], None]) -> None:
        self._stacks = stacks
        self._check = check
        self._changes = FileChanges()

    def begin(self) -> None:
        """Deploy what is not up to date, and watch from then on."""
        for stack in self._stacks:
            stack.begin()
        self._watch()  # before the deployment: what changes meanwhile is not missed
        for stack in self._stacks:
            stack.deploy_changes(())
        self._watch()

    def run(self) -> None:
        """Deploy changes, until ``check`` raises an error."""
        while True:
            self._check()
            if changed := self._changes.next():
                for stack in self._stacks:
                    changed |= wait_for_git(stack.root, self._changes.next, _GIT_SECONDS)
                for stack in self._stacks:
                    stack.deploy_changes(changed)
                self._watch()

    def paths(self) -> list[Path]:
        """Return the files and folders that are watched."""
        return sorted(
            {
                path
                for stack in self._stacks
                for path in (*stack.inputs.sources(), *stack.inputs.files())
                if path.exists()
            }
        )

    def _watch(self) -> None:
        inputs = [stack.inputs for stack in self._stacks]
        self._changes.watch(
            [source for each in inputs for source in each.sources()],
            [file for each in inputs for file in each.files()],
        )


def _listed(names: list[str]) -> str:
    """Return names as words of a sentence."""
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last


def _readable(error: Exception) -> TestbedError:
    """Return an error to show; raise it if the testbed does not answer any more."""
    if isinstance(error, NoConnectionError):
        raise error
    if isinstance(error, TestbedError):
        return error
    found = explained(error) if isinstance(error, OSError) else None
    return found or TestbedError(str(error))
