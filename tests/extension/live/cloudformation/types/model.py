"""Examples of a resource type: values of each property, and what the service's API then answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

ABSENT: Final = object()
"""The property is not in the template."""


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
    """

    type: str
    properties: Mapping[str, Any]
    changes: Mapping[str, Change]
    observe: Callable[[Seen], Any]
    others: Mapping[str, Any] = field(default_factory=dict)
    replaces: Mapping[str, str] = field(default_factory=dict)
    exceptions: Mapping[str, str] = field(default_factory=dict)
