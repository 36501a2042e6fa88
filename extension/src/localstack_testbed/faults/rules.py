"""Rules: which calls are hit, and what happens to them."""

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

from localstack_testbed.faults.errors import ServiceError

type Action = Literal["error", "throttle", "delay", "duplicate", "reorder", "kill"]

ACTIONS: tuple[Action, ...] = get_args(Action.__value__)

FUNCTIONS, CLIENTS = "functions", "clients"


@dataclass(frozen=True)
class Call:
    """A call of a service's operation: on which resources, by all their names, and by whom.

    ``caller`` is the name of a function, :data:`CLIENTS` for a request from outside, or a service
    such as ``sns``; ``by_function`` tells the first of these apart.
    """

    service: str
    operation: str
    resources: tuple[str, ...] = ()
    caller: str = ""
    by_function: bool = False


@dataclass(eq=False)
class Rule:
    """A fault, and the calls that it hits: all that match, a ``share``, or the ``next`` so many.

    ``seen`` counts the calls that matched, ``hits`` those that the fault happened to. ``ended`` is
    set when the rule is removed: whatever waits because of it goes on.
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
    ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - chance, not secrets

    @property
    def spent(self) -> bool:
        """Whether it has hit as many calls as it was to hit."""
        return self.next is not None and self.hits >= self.next

    def matches(self, call: Call) -> bool:
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
        """Count a call that matches, and tell whether the fault happens to it."""
        self.seen += 1
        if self.spent or (self.share < 1 and self._random.random() >= self.share):
            return False
        self.hits += 1
        return True

    def _matches_caller(self, call: Call) -> bool:
        if self.caller == FUNCTIONS:
            return call.by_function
        return self.caller in (None, call.caller)
