"""Patches of modules at the moment when they are imported.

LocalStack loads a service when it is first used. Importing all services at the start, only to patch
them, would slow down every start. The supervisor of Lambda functions uses this for the functions'
own modules, too.
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
    """Call ``action`` when ``module`` has been imported; now, if that is already so."""
    if module in sys.modules:
        action()
    else:
        _finder.actions.setdefault(module, []).append(action)


class _Finder(MetaPathFinder):
    """Finds what the other finders find, and adds the actions to the import."""

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
