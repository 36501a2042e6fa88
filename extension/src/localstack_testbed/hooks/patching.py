"""Patches of LocalStack's functions, methods and attributes, each of which has one owner.

Two patches of one target would depend on the order in which they are applied. So a second one is
an error; packages that have to change the same method share one patch (``shared_patches``).
"""

from collections.abc import Callable
from typing import Any, Protocol, cast

from localstack.utils import patch as patches


class PatchedTwiceError(Exception):
    """A part of LocalStack has been patched before; the message names it."""


class Decorator(Protocol):
    """Leaves a function as it was, in the eyes of its module."""

    def __call__[F](self, function: F, /) -> F: ...


_patched: set[str] = set()


def patch(target: Callable[..., Any], pass_target: bool = True) -> Decorator:
    """Replace a function or method of LocalStack.

    Parameters
    ----------
    pass_target
        Whether the replacement gets the original as its first argument.

    Raises
    ------
    PatchedTwiceError
        If it has been patched before.
    """
    _claim(f"{target.__module__}.{target.__qualname__}")
    return cast(Decorator, cast(Any, patches).patch(target, pass_target=pass_target))


def replace(owner: Any, name: str, replacement: Any) -> Any:
    """Set an attribute of a module or class of LocalStack, and return what it was.

    It is for what ``patch`` cannot find by itself: variables, static methods, and functions in the
    modules that import them by name.

    Raises
    ------
    PatchedTwiceError
        If it has been replaced before.
    """
    _claim(f"{_path(owner)}.{name}")
    original = getattr(owner, name)
    setattr(owner, name, replacement)
    return original


def patched() -> frozenset[str]:
    """Return what has been patched up to now, such as ``module.Class.method``."""
    return frozenset(_patched)


def _path(owner: Any) -> str:
    if isinstance(owner, type):
        return f"{owner.__module__}.{owner.__qualname__}"
    return str(getattr(owner, "__name__", None) or _path(type(owner)))


def _claim(target: str) -> None:
    if target in _patched:
        raise PatchedTwiceError(f"{target} is patched twice: share one patch of it.")
    _patched.add(target)
