"""Patch a module when it is imported, rather than import it in order to patch it.

LocalStack loads a service at its first use; to import services at the start, only for patches,
would make every start slower. Functions have modules of their own, which may never be imported.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

Action = Callable[[], None]  # not `type`: functions may run on Python 3.9


def on_import(module: str, action: Action) -> None:
    """Call ``action`` once ``module`` has been imported; now, if it has been already."""
    if module in sys.modules:
        action()
    else:
        _finder.actions.setdefault(module, []).append(action)


class _Finder(MetaPathFinder):
    """Finds what the other finders find, with the actions added to the import."""

    def __init__(self) -> None:
        self.actions: dict[str, list[Action]] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        actions = self.actions.pop(fullname, None)
        if actions is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for action in actions:
                action()

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


_finder = _Finder()
sys.meta_path.insert(0, _finder)
