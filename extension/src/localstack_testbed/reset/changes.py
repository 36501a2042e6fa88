"""What a reset has changed, by kinds and names of resources."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any


def difference(
    one: Mapping[str, Collection[str]], other: Mapping[str, Collection[str]]
) -> dict[str, list[str]]:
    """Return what is in the first inventory only, by kind."""
    found = {kind: sorted(set(names) - set(other.get(kind, ()))) for kind, names in one.items()}
    return {kind: names for kind, names in found.items() if names}


def changed_resources(
    paths: Iterable[tuple[Any, ...]],
    before: Mapping[str, Collection[str]],
    after: Mapping[str, Collection[str]],
) -> dict[str, list[str]]:
    """Return the resources that existed all the time, and whose configuration was changed back.

    Parameters
    ----------
    paths
        The paths of changed objects in the stores.
    """
    found: dict[str, set[str]] = {}
    for path in paths:
        for number, part in enumerate(path[:-1]):
            known = _CONFIGURED.get(str(part).removeprefix("attr_"))
            if known is None:
                continue
            kind, is_configuration = known
            name = str(path[number + 1])
            name = name.rpartition(":")[2] if kind in _NAMED_BY_ARN else name
            existed = name in before.get(kind, ()) and name in after.get(kind, ())
            if existed and is_configuration(path[number + 2 :]):
                found.setdefault(kind, set()).add(name)
            break
    return {kind: sorted(names) for kind, names in found.items()}


_NAMED_BY_ARN = ("topic", "alarm")


def _always(rest: tuple[Any, ...]) -> bool:
    return True


def _of_queue(rest: tuple[Any, ...]) -> bool:
    return rest[:1] in (("attributes",), ("tags",), ("permissions",))


def _without(*data: str) -> Callable[[tuple[Any, ...]], bool]:
    return lambda rest: not set(data) & set(map(str, rest))


# The attributes of stores that contain resources by their names, and what of a resource is data.
_CONFIGURED: dict[str, tuple[str, Callable[[tuple[Any, ...]], bool]]] = {
    "functions": ("function", _always),
    "event_source_mappings": ("event source mapping", _always),
    "queues": ("queue", _of_queue),
    "topics": ("topic", _always),
    "subscriptions": ("subscription", _always),
    "buckets": ("bucket", _without("objects", "multiparts")),
    "ROLES": ("role", _always),
    "USERS": ("user", _always),
    "rules": ("rule", _always),
    "groups": ("log group", _without("streams")),
    "alarms": ("alarm", _always),
    "_parameters": ("parameter", _always),
    "secrets": ("secret", _always),
    "keys": ("key", _always),
    "schedules": ("schedule", _always),
}
