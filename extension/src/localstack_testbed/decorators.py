"""LocalStack's decorators for patches and hooks, with types."""

from collections.abc import Callable
from typing import Any, cast

from localstack.runtime import hooks
from localstack.utils import patch as patches

type Decorator[F] = Callable[[F], F]
type Condition = Callable[[], bool]


def patch[F](target: Any, pass_target: bool = True) -> Decorator[F]:
    """Replace a function or method of LocalStack; the original comes as first argument."""
    return cast("Decorator[F]", cast(Any, patches).patch(target, pass_target=pass_target))


def on_infra_start[F](should_load: Condition, priority: int = 100) -> Decorator[F]:
    """Run a function when LocalStack starts; by default before LocalStack's own ones."""
    hook = cast(Any, hooks).on_infra_start
    return cast("Decorator[F]", hook(should_load=should_load, priority=priority))


def on_infra_ready[F](should_load: Condition, priority: int = 0) -> Decorator[F]:
    """Run a function when LocalStack is ready, in the order of priority with the init scripts."""
    hook = cast(Any, hooks).on_infra_ready
    return cast("Decorator[F]", hook(should_load=should_load, priority=priority))


def on_infra_shutdown[F](should_load: Condition, priority: int = 100) -> Decorator[F]:
    """Run a function when LocalStack shuts down; by default before it stops its services."""
    hook = cast(Any, hooks).on_infra_shutdown
    return cast("Decorator[F]", hook(should_load=should_load, priority=priority))
