"""The resources, messages and emails that there are, for the report of a reset."""

import sys
from collections.abc import Callable, Iterator
from typing import Any

from localstack_testbed.cloudformation.store import STORES
from localstack_testbed.faults.registry import FAULTS
from localstack_testbed.reset.stores import emails

type Names = Callable[[Any], Iterator[str]]
"""Yields the names of a kind of resource in a store."""

_SERVICES = "localstack.services"


def inventory() -> dict[str, set[str]]:
    """Return the names of what there is, by its kind in the singular."""
    found: dict[str, set[str]] = {
        "stack": {
            stack.name
            for _, _, store in list(STORES.iter_stores())
            for stack in list(store.stacks.values())
            if stack.deleted is None
        },
        "fault": {str(rule["id"]) for rule in FAULTS.listed()},
    }
    for kind, (module, variable, names) in _KINDS.items():
        loaded = sys.modules.get(module)
        stores = getattr(loaded, variable, None)
        if stores is not None:
            found[kind] = {name for store in _stores(stores) for name in names(store)}
    found["email"] = set(emails() or ())
    return found


def _stores(bundle: Any) -> Iterator[Any]:
    """Yield the stores of all accounts and regions, but those of LocalStack's own account."""
    from localstack import config

    for account, regions in list(bundle.items()):
        if account != config.INTERNAL_RESOURCE_ACCOUNT:
            yield from list(regions.values())


def _messages(store: Any) -> Iterator[str]:
    for queue in list(store.queues.values()):
        groups = list(getattr(queue, "message_groups", {}).values())
        visible = queue.visible.queue if hasattr(queue, "visible") else ()
        waiting = [message for group in groups for message in group.messages]
        for message in (*waiting, *list(visible), *list(queue.inflight), *list(queue.delayed)):
            yield f"{queue.name}/{message.message_id}"


def _objects(store: Any) -> Iterator[str]:
    for bucket in list(store.buckets.values()):
        for found in list(bucket.objects.values(with_versions=True)):
            version = f"?{found.version_id}" if found.version_id else ""
            yield f"{bucket.name}/{found.key}{version}"


def _rules(store: Any) -> Iterator[str]:
    for bus in list(store.event_buses.values()):
        yield from (name if bus.name == "default" else f"{bus.name}/{name}" for name in bus.rules)


def _schedules(backend: Any) -> Iterator[str]:
    for group in list(backend.schedule_groups.values()):
        yield from group.schedules


def _apis(backend: Any) -> Iterator[str]:
    for api in list(backend.apis.values()):
        yield str(api.name)


def _last_parts(attribute: str) -> Names:
    def names(store: Any) -> Iterator[str]:
        for arn in list(getattr(store, attribute, None) or ()):
            yield str(arn).rpartition(":")[2]

    return names


def _keys(attribute: str) -> Names:
    def names(store: Any) -> Iterator[str]:
        yield from map(str, list(getattr(store, attribute, None) or ()))

    return names


# A kind, and where its resources are.
_KINDS: dict[str, tuple[str, str, Names]] = {
    "function": (f"{_SERVICES}.lambda_.invocation.models", "lambda_stores", _keys("functions")),
    "layer": (f"{_SERVICES}.lambda_.invocation.models", "lambda_stores", _keys("layers")),
    "event source mapping": (
        f"{_SERVICES}.lambda_.invocation.models", "lambda_stores", _keys("event_source_mappings")
    ),
    "queue": (f"{_SERVICES}.sqs.models", "sqs_stores", _keys("queues")),
    "message": (f"{_SERVICES}.sqs.models", "sqs_stores", _messages),
    "topic": (f"{_SERVICES}.sns.models", "sns_stores", _last_parts("topics")),
    "subscription": (f"{_SERVICES}.sns.models", "sns_stores", _keys("subscriptions")),
    "bucket": (f"{_SERVICES}.s3.models", "s3_stores", _keys("buckets")),
    "object": (f"{_SERVICES}.s3.models", "s3_stores", _objects),
    "role": (f"{_SERVICES}.iam.models", "iam_stores", _keys("ROLES")),
    "user": (f"{_SERVICES}.iam.models", "iam_stores", _keys("USERS")),
    "rule": (f"{_SERVICES}.events.models", "events_stores", _rules),
    "schedule": ("moto.scheduler.models", "scheduler_backends", _schedules),
    "API": ("moto.apigateway.models", "apigateway_backends", _apis),
    "log group": ("moto.logs.models", "logs_backends", _keys("groups")),
    "alarm": (f"{_SERVICES}.cloudwatch.models", "cloudwatch_stores", _last_parts("alarms")),
    "parameter": ("moto.ssm.models", "ssm_backends", _keys("_parameters")),
    "secret": ("moto.secretsmanager.models", "secretsmanager_backends", _keys("secrets")),
    "key": (f"{_SERVICES}.kms.models", "kms_stores", _keys("keys")),
    "state machine": (
        f"{_SERVICES}.stepfunctions.backend.store", "sfn_stores", _last_parts("state_machines")
    ),
}  # fmt: skip
