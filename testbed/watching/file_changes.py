"""Changes of files, noticed by the operating system, in a set of folders that may change itself.

Each folder is watched by itself, without its subfolders, so that what is never deployed, such as a
virtual environment, costs nothing. https://watchfiles.helpmanual.io/api/watch/
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from testbed.deployment.requirements import requirement_files
from testbed.errors import ProjectError, TestbedError
from testbed.watching.inputs import is_ignored_name

_STEP_MILLISECONDS = 30
"""A group of changes ends if there are none for this long: tools save several files at once."""

_GROUP_MILLISECONDS = 1600
_TICK_MILLISECONDS = 200


@dataclass
class Watched:
    """What is watched.

    Parameters
    ----------
    folders
        The folders, each without its subfolders.
    stand_ins
        For a file elsewhere that decides the content of a folder with code, such as the target of a
        symbolic link: the paths in that folder that change with it.
    """

    folders: set[Path] = field(default_factory=set)
    stand_ins: dict[Path, set[Path]] = field(default_factory=lambda: defaultdict(set))

    def meant(self, path: Path) -> set[Path]:
        """Return what changes with a file: itself, or what it stands in for."""
        return {path, *self.stand_ins.get(path, ())}


def watched(sources: Iterable[Path], files: Iterable[Path]) -> Watched:
    """Return what has to be watched for changes of code and of single files.

    The folder that contains a folder with code is watched, too, because the latter may be deleted
    and created again.
    """
    found = Watched()
    for source in sources:
        found.folders.add(_existing(source.parent))
        if source.is_dir():
            _add_folder(source, (source.resolve(),), found)
            _add_requirements(source, found)
    for file in files:
        found.folders.add(_existing(file.parent))
    return found


def _existing(folder: Path) -> Path:
    """Return the nearest folder that exists."""
    while not folder.is_dir():
        folder = folder.parent
    return folder


def _add_folder(folder: Path, parents: tuple[Path, ...], found: Watched) -> None:
    found.folders.add(folder)
    try:
        entries = list(os.scandir(folder))
    except OSError:  # deleted meanwhile, or not readable, which packaging reports
        return
    for entry in entries:
        if is_ignored_name(entry.name):
            continue
        path = folder / entry.name
        if entry.is_dir():
            real = path.resolve()
            if real not in parents:  # a link to a folder that contains it
                _add_folder(path, (*parents, real), found)
        elif entry.is_symlink():
            _add_stand_in(path.resolve(), path, found)


def _add_requirements(source: Path, found: Watched) -> None:
    listed = source / "requirements.txt"
    if not listed.is_file():
        return
    try:
        files = requirement_files(listed).files
    except ProjectError:  # which packaging reports
        return
    for file in (each.resolve() for each in files):
        if not file.is_relative_to(source):
            _add_stand_in(file, listed, found)


def _add_stand_in(file: Path, meant: Path, found: Watched) -> None:
    found.stand_ins[file].add(meant)
    found.folders.add(_existing(file.parent))


Signature = tuple[int, int, int] | None


class FileChanges:
    """The changes of files since the object was created.

    :meth:`watch` may be called again at any time, for other files. What changes while it does its
    work is among the next changes.
    """

    def __init__(self) -> None:
        self._watched = Watched()
        self._sources: list[Path] = []
        self._signatures: dict[Path, Signature] = {}
        self._groups: Iterator[set[Path]] = iter(())
        self._waiting: set[Path] = set()

    def watch(self, sources: Iterable[Path], files: Iterable[Path]) -> None:
        """Watch folders or files with code, and single files, instead of those before.

        Files that are watched already and have changed meanwhile are among the next changes.
        """
        self._sources = list(sources)
        known = self._signatures
        self._signatures = {
            file: known[file] if file in known else _signature(file) for file in files
        }
        wanted = watched(self._sources, self._signatures)
        differs = wanted.folders != self._watched.folders
        self._watched = wanted
        if differs:
            self._begin()

    def next(self) -> set[Path]:
        """Return the next group of changed paths, or an empty set after 200 ms without any."""
        changed, self._waiting = self._waiting, set()
        if not changed:
            changed = {meant for path in next(self._groups) for meant in self._watched.meant(path)}
        if any(path in self._watched.folders or path.is_dir() for path in changed):
            # A watched folder is another one now, although it may have the same name.
            self._watched = watched(self._sources, self._signatures)
            self._begin()
            changed |= self._waiting
            self._waiting = set()
        for path in changed & self._signatures.keys():
            self._signatures[path] = _signature(path)
        return changed

    def _begin(self) -> None:
        """Watch the folders from now on; all code and each file that differs count as changed."""
        while True:
            self._groups = _groups(sorted(self._watched.folders))
            try:
                first = next(self._groups)
                break
            except FileNotFoundError:  # a folder was deleted meanwhile
                self._watched = watched(self._sources, self._signatures)
            except (OSError, RuntimeError) as error:
                raise TestbedError(
                    f"The files cannot be watched: {error}.",
                    advice="If the system's limit is reached (fs.inotify.max_user_watches or"
                    " max_user_instances on Linux), raise it, or set WATCHFILES_FORCE_POLLING=1.",
                ) from error
        changed = {meant for path in first for meant in self._watched.meant(path)}
        changed |= {
            file for file, signature in self._signatures.items() if signature != _signature(file)
        }
        self._waiting |= changed | set(self._sources)


def _signature(file: Path) -> Signature:
    """Return what differs if a file has changed."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _groups(folders: list[Path]) -> Iterator[set[Path]]:
    from watchfiles import watch  # it takes 50 ms, and only one command needs it

    groups = watch(
        *folders,
        watch_filter=None,
        recursive=False,
        step=_STEP_MILLISECONDS,
        debounce=_GROUP_MILLISECONDS,
        rust_timeout=_TICK_MILLISECONDS,
        yield_on_timeout=True,
        raise_interrupt=True,
        ignore_permission_denied=True,
    )
    for group in groups:
        yield {Path(path) for _, path in group}
