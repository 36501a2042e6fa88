"""Stacks, their resources, events and change sets, as the engine and the API see them."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from localstack.aws.api.cloudformation import (
    ChangeSetType,
    OnFailure,
    ResourceStatus,
    StackStatus,
)

from localstack_testbed.cloudformation.template.document import Template
from localstack_testbed.cloudformation.template.parameters import ParameterValue

type Properties = dict[str, Any]
"""A resource's properties, in which all intrinsic functions are resolved."""

STACK_TYPE = "AWS::CloudFormation::Stack"
"""The type of nested stacks, and in events also of a stack itself."""

type DeletionPolicy = Literal["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"]


def now() -> datetime:
    """Return the time, to the millisecond, as CloudFormation gives it."""
    time = datetime.now(UTC)
    return time.replace(microsecond=time.microsecond // 1000 * 1000)


_MOST_EVENTS = 20_000


def secret_texts(parameter: ParameterValue) -> set[str]:
    """Return the texts in which the value of a NoEcho parameter appears."""
    resolved = parameter.resolved
    values = [parameter.given, *(resolved if isinstance(resolved, list) else [resolved])]
    return {str(value) for value in values if value not in (None, "")}


@dataclass
class Resource:
    """A resource that a stack has, or had a moment ago.

    ``properties`` are those with which it was created or updated last; ``attributes`` are what
    ``Fn::GetAtt`` returns; ``depends_on`` has the logical ids of the resources that have to exist
    while this one does.
    """

    logical_id: str
    type: str
    status: ResourceStatus
    physical_id: str = ""
    reason: str | None = None
    updated: datetime = field(default_factory=now)
    properties: Properties = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    metadata: Any = None
    deletion_policy: DeletionPolicy = "Delete"
    update_replace_policy: DeletionPolicy = "Delete"
    depends_on: frozenset[str] = frozenset()
    attempted: Properties | None = None
    """The properties of an update that has begun and is not complete."""

    skipped: bool = False
    """Whether the type does not exist in this testbed and a setting has it skipped."""

    incomplete: bool = False
    """Whether its creation began and has not succeeded."""

    instance: object = field(default_factory=object)
    """Tells a resource from the one that it replaces, which may have the same physical id."""

    def copy(self) -> "Resource":
        """Return what the engine needs to restore this resource."""
        return replace(self)


@dataclass(frozen=True)
class Deployment:
    """What a stack is made of: the template and everything that is given with it.

    ``body`` is the template as it was sent, ``processed`` the same after its transforms.
    """

    body: str
    processed: dict[str, Any]
    template: Template
    parameters: Mapping[str, ParameterValue] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str | None = None


@dataclass(frozen=True)
class Event:
    """A line of a stack's history."""

    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    time: datetime
    reason: str | None = None
    properties: Properties | None = None
    token: str | None = None


@dataclass(frozen=True)
class Output:
    """An output of a stack."""

    key: str
    value: str
    description: str | None = None
    export: str | None = None


@dataclass
class ChangeSet:
    """A change set; ``changes`` are entries of DescribeChangeSet's ``Changes``."""

    name: str
    id: str
    type: ChangeSetType
    deployment: Deployment
    created: datetime = field(default_factory=now)
    description: str | None = None
    status: str = "CREATE_PENDING"
    reason: str | None = None
    execution_status: str = "UNAVAILABLE"
    changes: list[dict[str, Any]] = field(default_factory=list)
    on_stack_failure: str | None = None
    include_nested_stacks: bool = False
    import_existing_resources: bool = False
    token: str | None = None
    """The ClientToken of the request."""


@dataclass
class Stack:
    """A stack of an account and region.

    ``deployment`` is what the stack was last brought to, or is being brought to. While an update
    runs and after it failed, ``previous`` is what a rollback returns to, ``before`` has the
    resources as they were then, and ``leftovers`` those that are not part of the stack any more and
    are to be deleted. ``token`` is the ClientRequestToken of the operation that runs.
    """

    name: str
    id: str
    account: str
    region: str
    deployment: Deployment | None = None
    previous: Deployment | None = None
    status: StackStatus = StackStatus.REVIEW_IN_PROGRESS
    reason: str | None = None
    created: datetime = field(default_factory=now)
    updated: datetime | None = None
    deleted: datetime | None = None
    resources: dict[str, Resource] = field(default_factory=dict)
    before: dict[str, Resource] = field(default_factory=dict)
    leftovers: list[Resource] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """Values of NoEcho parameters, of custom resources with NoEcho and of dynamic references.

    Events and change sets do not show them. Former values are kept, because events may contain
    them.
    """

    outputs: list[Output] = field(default_factory=list)
    former_outputs: tuple[list[Output], set[str]] | None = None
    """The outputs and imports before the update that runs, once it has replaced them."""

    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    """By id, the oldest first."""

    termination_protection: bool = False
    disable_rollback: bool = False
    retain_except_on_create: bool = False
    on_failure: OnFailure | None = None
    timeout_minutes: int | None = None
    policy: str | None = None
    imports: set[str] = field(default_factory=set)
    """The names of the exports that this stack's template imports."""

    importing: set[str] = field(default_factory=set)
    """Those that the operation imports that runs, or that failed and was not rolled back."""

    parent_id: str | None = None
    root_id: str | None = None
    change_set_id: str | None = None
    """The change set that was executed last."""

    token: str | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    """The operations that have been requested with a ClientRequestToken, by token."""

    on_event: "Callable[[Stack, Event], None] | None" = None
    """Called with each event, under the lock of ``changed``."""

    parent_token: str | None = None
    """The ClientRequestToken of the request that the parent stack has made last."""

    parent_decides: bool = False
    """Whether the parent stack has requested the update that runs.

    The update then keeps what it has replaced or removed until the parent's update has succeeded
    or failed, and ``verdict`` says what to do.
    """

    verdict: Literal["complete", "roll back", "stay"] | None = None
    """``stay``: become UPDATE_FAILED, from which another update or a rollback may begin."""

    cancelled: threading.Event = field(default_factory=threading.Event)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def set_status(self, status: StackStatus, reason: str | None = None) -> None:
        """Set the stack's status, and record it as an event."""
        with self.changed:
            self.status, self.reason = status, reason
            self._record(self.name, self.id, STACK_TYPE, status, reason, None)
            self.changed.notify_all()

    def decide(self, verdict: Literal["complete", "roll back", "stay"]) -> None:
        """Have an update that waits for the parent's verdict go on."""
        with self.changed:
            self.verdict = verdict
            self.changed.notify_all()

    def set_resource_status(
        self,
        resource: Resource,
        status: ResourceStatus,
        reason: str | None = None,
        *,
        replaced_id: str | None = None,
    ) -> None:
        """Set the status of one of the stack's resources, and record it as an event.

        ``replaced_id`` is the physical id of the resource that this one is going to replace.
        """
        with self.changed:
            resource.status, resource.reason, resource.updated = status, reason, now()
            self._record(
                resource.logical_id,
                resource.physical_id or replaced_id or "",
                resource.type,
                status,
                reason,
                resource.properties,
            )

    def _record(
        self,
        logical_id: str,
        physical_id: str,
        type_name: str,
        status: str,
        reason: str | None,
        properties: Properties | None,
    ) -> None:
        stack_event = type_name == STACK_TYPE and physical_id == self.id
        prefix = "" if stack_event else f"{logical_id}-{status}-"
        event = Event(
            id=f"{prefix}{uuid.uuid4()}",
            logical_id=logical_id,
            physical_id=physical_id,
            type=type_name,
            status=status,
            time=self._next_time(),
            reason=reason,
            properties=properties,
            token=self.token,
        )
        self.events.append(event)
        if len(self.events) > _MOST_EVENTS:
            # AWS keeps them for 90 days.
            del self.events[: _MOST_EVENTS // 4]
        if self.on_event is not None:
            self.on_event(self, event)

    def _next_time(self) -> datetime:
        """Return a later time than that of the last event: clients sort events by their times."""
        last = self.events[-1].time + timedelta(milliseconds=1) if self.events else None
        return max(now(), last) if last else now()

    @property
    def executed_change_set(self) -> ChangeSet | None:
        """The change set that is being executed."""
        change_set = self.change_sets.get(self.change_set_id or "")
        executing = change_set and change_set.execution_status == "EXECUTE_IN_PROGRESS"
        return change_set if executing else None

    @property
    def is_undecided(self) -> bool:
        """Whether the update has succeeded and waits for the parent's verdict."""
        return (
            self.parent_decides
            and self.verdict is None
            and self.status == StackStatus.UPDATE_COMPLETE_CLEANUP_IN_PROGRESS
        )

    @property
    def in_progress(self) -> bool:
        """Whether an operation runs."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"
