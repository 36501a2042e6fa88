"""Examples of a resource type: values of each property, and what the service's API then answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from localstack_testbed.cloudformation.unknown import UNKNOWN

ABSENT: Final = object()
"""The property is not in the template."""

ANY: Final = UNKNOWN
"""Any value of the property, also one that is not known before the deployment."""


@dataclass(frozen=True)
class Seen:
    """What a test may look at: the resource, and clients of its emulator."""

    client: Callable[[str], Any]
    physical_id: str
    properties: Mapping[str, Any]
    others: Mapping[str, str]
    """The physical ids of the other resources of the template, by logical id."""


@dataclass(frozen=True)
class Change:
    """Two values of a property; ``also`` has further properties that both require."""

    first: Any
    second: Any
    also: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Example:
    """A resource type's example.

    Parameters
    ----------
    type
        ``AWS::SQS::Queue``
    properties
        With these, and no others, it can be created. They may refer to ``others``.
    changes
        For each property of the schema that a template may have: two values, of which one may
        be ABSENT. ``Code/S3Key`` changes a part of a property; then all its parts have to be named.
    observe
        Asks the service about the resource. The test replaces generated ids, names and times, as
        far as it knows them; what else differs between two resources that are alike, ``observe``
        leaves out.
    others
        Other resources that the example needs, by logical id, as a template has them.
    replaces
        Properties whose change requires a new resource although the schema does not say so, with
        the reason and the page.
    exceptions
        Properties without a change, with the reason.
    unavailable
        Properties that this testbed rejects: ANY value of them, one value, or several in a tuple.
        A part of a property is within it: ``{"Integration": {"ConnectionType": "VPC_LINK"}}``.
    """

    type: str
    properties: Mapping[str, Any]
    changes: Mapping[str, Change]
    observe: Callable[[Seen], Any]
    others: Mapping[str, Any] = field(default_factory=dict)
    replaces: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
    unavailable: Mapping[str, Any] = field(default_factory=dict)

    def rejected(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield each property that is unavailable, as a page shows it, and properties with it.

        Examples
        --------
        ``("Integration.ConnectionType: VPC_LINK", {…, "Integration": {…}})``
        """
        for name, part in _parts(self.unavailable):
            yield name, {**self.properties, **part}


def _parts(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            for path, part in _parts(inner, f"{name}.{key}".lstrip(".")):
                yield path, {key: part}
    elif isinstance(value, list):
        for inner in value:
            for path, part in _parts(inner, name):
                yield path, [part]
    elif isinstance(value, tuple):
        for inner in value:
            yield from _parts(inner, name)
    elif value is ANY:
        yield name, value
    else:
        yield f"{name}: {json.dumps(value) if isinstance(value, bool) else value}", value
