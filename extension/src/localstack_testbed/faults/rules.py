"""Fault rules: which calls they match and which of these they hit."""

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from localstack_testbed.faults.definition import Action
from localstack_testbed.faults.errors import ServiceError
from localstack_testbed.requests.calls import Call

FUNCTIONS = "functions"
"""Matches calls by any function."""


@dataclass(eq=False)
class Rule:
    """A fault and the calls that it hits: all that match, a ``share`` of them, the ``next`` N.

    ``seen`` counts the calls that matched, ``hits`` those that the fault was injected into.
    ``removed`` is set when the rule is removed, so that the calls that it delays continue.
    """

    id: str
    service: str
    action: Action
    operation: str | None = None
    resource: str | None = None
    caller: str | None = None
    error: ServiceError | None = None
    seconds: float = 0.0
    after_call: bool = False
    share: float = 1.0
    seed: int | None = None
    next: int | None = None
    seen: int = 0
    hits: int = 0
    removed: threading.Event = field(default_factory=threading.Event, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - chance, not secrets

    @property
    def spent(self) -> bool:
        """Whether the rule has hit the ``next`` N calls."""
        return self.next is not None and self.hits >= self.next

    def matches(self, call: Call) -> bool:
        """Return whether the rule is for a call."""
        return (
            self.service == call.service
            and self.operation in (None, call.operation)
            and self._matches_caller(call)
            and (
                self.resource is None
                or any(fnmatchcase(name, self.resource) for name in call.resources)
            )
        )

    def decide(self) -> bool:
        """Count a call that matches, and decide whether it is hit."""
        self.seen += 1
        if self.spent or (self.share < 1 and self._random.random() >= self.share):
            return False
        self.hits += 1
        return True

    def _matches_caller(self, call: Call) -> bool:
        if self.caller == FUNCTIONS:
            return call.by_function
        return self.caller in (None, call.caller)
