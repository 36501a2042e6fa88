"""What follows from changed files: an update of functions, a change set, an upload, or nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from testbed.watching.inputs import FunctionCode, Inputs, is_ignored


@dataclass(frozen=True)
class Decision:
    """What to do.

    Parameters
    ----------
    stack
        The changed files that require a change set. It deploys everything else, too.
    functions
        Functions whose code has changed, with the changed files of each.
    uploads
        The names of files to upload, with the changed files.
    """

    stack: frozenset[Path] = frozenset()
    functions: tuple[tuple[FunctionCode, frozenset[Path]], ...] = ()
    uploads: tuple[tuple[str, frozenset[Path]], ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is something to do."""
        return bool(self.stack or self.functions or self.uploads)

    def code(self) -> frozenset[Path]:
        """Return the changed files of the functions."""
        return frozenset().union(*(paths for _, paths in self.functions))

    def paths(self) -> frozenset[Path]:
        """Return the changed files that mean something."""
        return self.stack | self.code() | frozenset().union(*(paths for _, paths in self.uploads))


def decide(changed: Iterable[Path], inputs: Inputs) -> Decision:
    """Return what to do about changed files, including created and deleted ones."""
    paths = frozenset(changed)
    stack = paths & inputs.stack_files
    for source in inputs.stack_code:
        stack |= _in(source, paths)
    functions = tuple(
        (function, found) for function in inputs.functions if (found := _in(function.source, paths))
    )
    uploads: dict[str, frozenset[Path]] = {}
    for path in paths & inputs.uploads.keys():
        for name in inputs.uploads[path]:
            uploads[name] = uploads.get(name, frozenset()) | {path}
    return Decision(stack, functions, tuple(sorted(uploads.items())))


def _in(source: Path, paths: frozenset[Path]) -> frozenset[Path]:
    """Return the paths that are a file with code, or in a folder with code."""
    return frozenset(
        path
        for path in paths
        if path == source or (path.is_relative_to(source) and not is_ignored(path, source))
    )
