"""LocalStack's decorators for patches and hooks, with types."""

from collections.abc import Callable
from typing import Any, Protocol, cast

from localstack.runtime import hooks
from localstack.utils import patch as patches

from localstack_testbed.hooks.release import is_supported

type Condition = Callable[[], bool]


class Decorator(Protocol):
    """Leaves a function as it was, in the eyes of its module."""

    def __call__[F](self, function: F, /) -> F: ...


def patch(target: Any, pass_target: bool = True) -> Decorator:
    """Replace a function or method of LocalStack; the original comes as first argument."""
    return cast(Decorator, cast(Any, patches).patch(target, pass_target=pass_target))


def _here(condition: Condition) -> Condition:
    return lambda: is_supported() and condition()


def on_infra_start(should_load: Condition, priority: int = 100) -> Decorator:
    """Run a function when LocalStack starts; by default before LocalStack's own ones."""
    hook = cast(Any, hooks).on_infra_start
    return cast(Decorator, hook(should_load=_here(should_load), priority=priority))


def on_infra_ready(should_load: Condition, priority: int = 0) -> Decorator:
    """Run a function when LocalStack is ready, in the order of priority with the init scripts."""
    hook = cast(Any, hooks).on_infra_ready
    return cast(Decorator, hook(should_load=_here(should_load), priority=priority))


def on_infra_shutdown(should_load: Condition, priority: int = 100) -> Decorator:
    """Run a function when LocalStack shuts down; by default before it stops its services."""
    hook = cast(Any, hooks).on_infra_shutdown
    return cast(Decorator, hook(should_load=_here(should_load), priority=priority))
