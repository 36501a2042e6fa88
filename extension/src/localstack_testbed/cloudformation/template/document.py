"""A template as a document: its text, and its sections.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

type Document = dict[str, Any]
"""A template as JSON has it: YAML's ``!Ref A`` is written out as ``{"Ref": "A"}``."""


@dataclass(frozen=True)
class ResourceDeclaration:
    """An entry of a template's Resources; intrinsic functions are not resolved yet."""

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: Any = None
    update_replace_policy: Any = None
    metadata: Any = None
    creation_policy: Any = None
    update_policy: Any = None


@dataclass(frozen=True)
class Template:
    """A template whose transforms have been processed."""

    description: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    rules: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, ResourceDeclaration] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    transforms: tuple[str, ...] = ()


def parse(body: str) -> Document:
    """Read a template in YAML or JSON.

    Raises
    ------
    ValidationError
        ``Template format error: …``, as AWS says it.
    """
    raise NotImplementedError


def read(document: Document) -> Template:
    """Return the sections of a processed document.

    Raises
    ------
    ValidationError
        If a section or a resource does not have the form that the anatomy demands.
    """
    raise NotImplementedError
