"""Brings the resources of a stack to what a template says."""

import threading
from collections.abc import Iterable
from typing import Any

from localstack.aws.api.cloudformation import ResourceStatus, StackStatus

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.engine import (
    graph,
    outputs,
    resource_operations,
    values,
)
from localstack_testbed.cloudformation.engine.changes import (
    Action,
    check_name,
    compare,
    is_deleted_first,
)
from localstack_testbed.cloudformation.engine.reasons import reason
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import (
    STACK_TYPE,
    Deployment,
    Output,
    Properties,
    Resource,
    Stack,
    now,
)
from localstack_testbed.cloudformation.resources.registry import is_custom
from localstack_testbed.cloudformation.template.document import ResourceDeclaration
from localstack_testbed.cloudformation.template.references import dependencies

COMPLETE = (ResourceStatus.CREATE_COMPLETE, ResourceStatus.UPDATE_COMPLETE)

_PATIENT = (STACK_TYPE, "AWS::CloudFormation::WaitCondition")
"""Types that may wait for long, even for what another resource does, and must not delay others."""


class StackFailedError(Exception):
    """A stack could not be created or updated; the message is the first part of its reason."""


class Application:
    """One attempt to bring a stack to a deployment."""

    def __init__(self, stack: Stack, deployment: Deployment) -> None:
        self._stack = stack
        self._deployment = deployment
        self._template = deployment.template
        self._imports: set[str] = set()
        self._values = values.evaluator(
            stack, deployment, self._ref, self._get_att, self._import_value
        )
        self._failed = threading.Event()
        self._timed_out = False

    def create(self) -> None:
        """Create all resources and the outputs, and set the stack's status if that succeeds.

        Raises
        ------
        StackFailedError
            If one of them failed. What was created stays.
        """
        seconds = 60 * self._stack.timeout_minutes if self._stack.timeout_minutes else None
        timer = threading.Timer(seconds, self._time_out) if seconds else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            self._run(StackStatus.CREATE_COMPLETE)
        finally:
            if timer:
                timer.cancel()

    def update(self) -> None:
        """Create, update and replace resources, and set the stack's status if that succeeds.

        What is not needed any more becomes a leftover.

        Raises
        ------
        StackFailedError
            If one of them failed. What was changed stays.
        """
        self._run(StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS)

    def _run(self, succeeded: StackStatus) -> None:
        try:
            self._bring_all()
            made = outputs.evaluated(self._template, self._values)
            # Checked and changed at once: another stack may have the same export, or import one of
            # these; and from now on, the operation cannot be cancelled.
            with store.EXPORTS, self._stack.changed:
                self._check_cancelled()
                self._check_exports(made)
                self._commit(made)
                self._stack.set_status(succeeded)
        except StackFailedError:
            raise
        except Exception as error:
            raise StackFailedError(f"{reason(error, self._stack.name)} ") from error

    def _bring_all(self) -> None:
        active = self._values.active_resources()
        self._needed = dependencies(self._template, active, self._values.condition)
        patient = sum(
            is_custom(type_name) or type_name in _PATIENT
            for type_name in (self._template.resources[name].type for name in active)
        )
        failures = graph.run(
            self._needed, self._apply, may_start=self._may_start, workers=graph.WORKERS + patient
        )
        if failures and not self._timed_out:
            raise StackFailedError(self._failure_reason(failures))
        self._check_cancelled()

    def _failure_reason(self, failures: Iterable[str]) -> str:
        """Return which resources could not be created, and which not updated."""
        names: dict[str, list[str]] = {"create": [], "update": []}
        for name in failures:
            created = self._stack.resources[name].status == ResourceStatus.CREATE_FAILED
            names["create" if created else "update"].append(name)
        return "".join(
            f"The following resource(s) failed to {verb}: [{', '.join(failed)}]. "
            for verb, failed in names.items()
            if failed
        )

    def _check_cancelled(self) -> None:
        if self._timed_out:
            raise StackFailedError("Stack creation time exceeded the specified timeout. ")
        if self._stack.cancelled.is_set():
            raise StackFailedError("")

    def _commit(self, made: list[Output]) -> None:
        stack = self._stack
        if stack.previous is not None and stack.former_outputs is None:
            stack.former_outputs = stack.outputs, stack.imports
        stack.outputs, stack.imports, stack.importing = made, self._imports, set()
        for name in list(stack.resources):
            if name not in self._needed:
                stack.leftovers.append(stack.resources.pop(name))

    def _import_value(self, name: str) -> str:
        self._imports.add(name)
        return store.import_value(self._stack, name)

    def _time_out(self) -> None:
        self._timed_out = True
        self._failed.set()

    def _may_start(self) -> bool:
        return not (self._failed.is_set() or self._stack.cancelled.is_set())

    def _cancelled(self) -> bool:
        return not self._may_start()

    def _ref(self, logical_id: str) -> Any:
        return values.reference(self._stack.resources[logical_id])

    def _get_att(self, logical_id: str, name: str) -> Any:
        return values.attribute(self._stack.resources[logical_id], name)

    def _apply(self, logical_id: str) -> None:
        try:
            self._bring(self._template.resources[logical_id])
        except Exception:
            self._failed.set()
            raise

    def _bring(self, declaration: ResourceDeclaration) -> None:
        existing = self._stack.resources.get(declaration.logical_id)
        if existing is not None and existing.incomplete:
            # Left over from an attempt that was not rolled back.
            self._discard(existing)
            existing = None
        action = Action.NOTHING
        try:
            desired = values.properties(declaration, self._values, self._deployment)
            if existing is not None:
                action = compare(existing, desired).action
                if action is Action.REPLACE:
                    check_name(existing, desired)
        except Exception as error:
            self._record_failure(declaration, existing, error)
            raise
        if existing is None:
            self._create(declaration, desired)
        elif action is Action.REPLACE:
            self._replace(existing, declaration, desired)
        else:
            if action is Action.UPDATE:
                former = existing.copy()
                resource_operations.update(
                    self._stack, existing, desired, cancelled=self._cancelled
                )
                if existing.physical_id != former.physical_id:
                    self._stack.leftovers.append(former)
            elif existing.status not in COMPLETE:
                self._stack.set_resource_status(existing, ResourceStatus.UPDATE_COMPLETE)
            self._describe(existing, declaration)

    def _discard(self, resource: Resource) -> None:
        """Delete what is left of a resource whose creation failed; if it fails, try again later."""
        if not resource.physical_id:
            return
        try:
            resource_operations.delete(self._stack, resource, keep=False)
        except Exception:
            self._stack.leftovers.append(resource)

    def _create(
        self, declaration: ResourceDeclaration, desired: Properties, replaces: str | None = None
    ) -> None:
        resource = Resource(
            declaration.logical_id, declaration.type, ResourceStatus.CREATE_IN_PROGRESS
        )
        resource.incomplete = True
        self._describe(resource, declaration)
        self._stack.resources[declaration.logical_id] = resource
        resource_operations.create(
            self._stack, resource, desired, replaces=replaces, cancelled=self._cancelled
        )

    def _replace(
        self, existing: Resource, declaration: ResourceDeclaration, desired: Properties
    ) -> None:
        deleted = is_deleted_first(existing.type)
        if deleted:
            try:
                resource_operations.delete(self._stack, existing, keep=False)
            except Exception as error:
                self._record_failure(declaration, existing, error)
                raise
        try:
            self._create(declaration, desired, existing.physical_id)
        except Exception:
            if not deleted:
                # The stack still has the former resource; another attempt has to replace it, too.
                failed = self._stack.resources[declaration.logical_id]
                existing.status, existing.reason = failed.status, failed.reason
                self._stack.resources[declaration.logical_id] = existing
                if failed.physical_id:
                    self._stack.leftovers.append(failed)
            raise
        existing.update_replace_policy = declaration.update_replace_policy or "Delete"
        self._stack.leftovers.append(existing)

    def _describe(self, resource: Resource, declaration: ResourceDeclaration) -> None:
        resource.depends_on = self._needed[declaration.logical_id]
        resource.metadata = declaration.metadata
        resource.deletion_policy = declaration.deletion_policy or "Delete"
        resource.update_replace_policy = declaration.update_replace_policy or "Delete"

    def _record_failure(
        self, declaration: ResourceDeclaration, existing: Resource | None, error: Exception
    ) -> None:
        """Record that a resource failed before anything was done to it."""
        failed = ResourceStatus.UPDATE_FAILED
        if existing is None:
            failed = ResourceStatus.CREATE_FAILED
            existing = Resource(declaration.logical_id, declaration.type, failed, updated=now())
            existing.incomplete = True
            self._describe(existing, declaration)
            self._stack.resources[declaration.logical_id] = existing
        self._stack.set_resource_status(existing, failed, reason(error, declaration.logical_id))

    def _check_exports(self, made: list[Output]) -> None:
        stack = self._stack
        outputs.check_not_exported_elsewhere(stack, made)
        exported = {output.export: output.value for output in made if output.export}
        for output in stack.outputs:
            if output.export is None or exported.get(output.export) == output.value:
                continue
            if users := store.importers(stack.account, stack.region, output.export):
                verb = "updated" if output.export in exported else "deleted"
                raise ValidationError(outputs.in_use(output, users, verb))
