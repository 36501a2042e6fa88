"""Brings the resources of a stack to what a template says."""

import threading
from typing import Any

from localstack.aws.api.cloudformation import ResourceStatus

from localstack_testbed.cloudformation import store
from localstack_testbed.cloudformation.engine import graph, resource_operations, values
from localstack_testbed.cloudformation.engine.changes import (
    Action,
    check_name,
    compare,
    is_deleted_first,
)
from localstack_testbed.cloudformation.engine.reasons import reason
from localstack_testbed.cloudformation.errors import ValidationError
from localstack_testbed.cloudformation.model import (
    Deployment,
    Output,
    Properties,
    Resource,
    Stack,
    now,
)
from localstack_testbed.cloudformation.template.document import ResourceDeclaration
from localstack_testbed.cloudformation.template.references import dependencies


class StackFailedError(Exception):
    """A stack could not be created or updated; the message is the first part of its reason."""


class Application:
    """One attempt to bring a stack to a deployment."""

    def __init__(self, stack: Stack, deployment: Deployment) -> None:
        self._stack = stack
        self._deployment = deployment
        self._template = deployment.template
        self._imports: set[str] = set()
        self._values = values.evaluator(stack, deployment, self._ref, self._get_att, self._imports)
        self._failed = threading.Event()
        self._timed_out = False

    def create(self) -> None:
        """Create all resources and the outputs.

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
            self._run("create")
        finally:
            if timer:
                timer.cancel()

    def update(self) -> None:
        """Create, update and replace resources; what is not needed any more becomes a leftover.

        Raises
        ------
        StackFailedError
            If one of them failed. What was changed stays.
        """
        self._run("update")

    def _run(self, verb: str) -> None:
        try:
            active = self._values.active_resources()
            needed = dependencies(self._template, active, self._values.condition)
        except ValidationError as error:
            raise StackFailedError(str(error)) from error
        self._needed = needed
        failures = graph.run(needed, self._apply, may_start=self._may_start)
        if self._timed_out:
            raise StackFailedError("Stack creation time exceeded the specified timeout. ")
        if failures:
            names = ", ".join(failures)
            raise StackFailedError(f"The following resource(s) failed to {verb}: [{names}]. ")
        if self._stack.cancelled.is_set():
            raise StackFailedError("")
        try:
            outputs = self._outputs()
            self._check_exports(outputs)
        except ValidationError as error:
            raise StackFailedError(f"{error} ") from error
        self._stack.outputs, self._stack.imports = outputs, self._imports
        for name in list(self._stack.resources):
            if name not in needed:
                self._stack.leftovers.append(self._stack.resources.pop(name))

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
        if existing is not None and existing.status == ResourceStatus.CREATE_FAILED:
            # Left over from an attempt that was not rolled back.
            self._stack.leftovers.append(existing)
            existing = None
        try:
            desired = values.properties(declaration, self._values, self._deployment)
        except Exception as error:
            self._record_failure(declaration, existing, error)
            raise
        if existing is None:
            self._create(declaration, desired)
            return
        change = compare(existing, desired)
        if change.action is Action.REPLACE:
            try:
                check_name(existing, desired)
            except Exception as error:
                self._record_failure(declaration, existing, error)
                raise
            self._create(declaration, desired, replaced=existing)
            return
        if change.action is Action.UPDATE:
            former = resource_operations.update(
                self._stack, existing, desired, cancelled=self._cancelled
            )
            if former is not None:
                self._leave(existing, former)
        self._describe(existing, declaration)

    def _create(
        self,
        declaration: ResourceDeclaration,
        desired: Properties,
        replaced: Resource | None = None,
    ) -> None:
        resource = Resource(
            declaration.logical_id, declaration.type, ResourceStatus.CREATE_IN_PROGRESS
        )
        self._describe(resource, declaration)
        self._stack.resources[declaration.logical_id] = resource
        if replaced is not None:
            if is_deleted_first(replaced.type):
                resource_operations.delete(self._stack, replaced, keep=False)
            self._stack.leftovers.append(replaced)
        resource_operations.create(
            self._stack,
            resource,
            desired,
            replaces=replaced is not None,
            cancelled=self._cancelled,
        )

    def _leave(self, resource: Resource, former: str) -> None:
        """Remember the former resource of a custom resource that has got a new physical id."""
        before = self._stack.before.get(resource.logical_id)
        if before is not None and before.physical_id == former:
            self._stack.leftovers.append(before.copy())

    def _describe(self, resource: Resource, declaration: ResourceDeclaration) -> None:
        resource.depends_on = self._needed[declaration.logical_id]
        resource.metadata = declaration.metadata
        policy = declaration.deletion_policy
        resource.deletion_policy = policy or "Delete"
        resource.update_replace_policy = declaration.update_replace_policy or "Delete"

    def _record_failure(
        self, declaration: ResourceDeclaration, existing: Resource | None, error: Exception
    ) -> None:
        """Record that a resource failed before anything was done to it."""
        failed = ResourceStatus.UPDATE_FAILED
        if existing is None:
            failed = ResourceStatus.CREATE_FAILED
            existing = Resource(declaration.logical_id, declaration.type, failed, updated=now())
            self._describe(existing, declaration)
            self._stack.resources[declaration.logical_id] = existing
        self._stack.set_resource_status(existing, failed, reason(error, declaration.logical_id))

    def _outputs(self) -> list[Output]:
        outputs = []
        for key, declared in self._template.outputs.items():
            if "Condition" in declared and not self._values.condition(declared["Condition"]):
                continue
            export = declared.get("Export", {}).get("Name")
            outputs.append(
                Output(
                    key=key,
                    value=values.text(self._values.value(declared["Value"], "Outputs")),
                    description=declared.get("Description"),
                    export=(
                        None
                        if export is None
                        else values.text(self._values.value(export, "Outputs"))
                    ),
                )
            )
        return outputs

    def _check_exports(self, outputs: list[Output]) -> None:
        stack = self._stack
        exported = {output.export: output.value for output in outputs if output.export}
        for other, output in store.exports(stack.account, stack.region):
            if other is not stack and output.export in exported:
                raise ValidationError(
                    f"Export with name {output.export} is already exported by stack {other.name}"
                )
        for output in stack.outputs:
            if output.export is None or exported.get(output.export) == output.value:
                continue
            users = store.importers(stack.account, stack.region, output.export)
            if users:
                verb = "updated" if output.export in exported else "deleted"
                names = " and ".join(user.name for user in users)
                raise ValidationError(
                    f"Export {output.export} cannot be {verb} as it is in use by {names}"
                )
