"""Creation of the project's files in a folder: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from testbed.errors import ProjectError, TestbedError, preserved
from testbed.project.samconfig import NAMES as CONFIGURATIONS
from testbed.project.template_search import TEMPLATES

# The files of another project there, which would be deployed instead or confused with this one.
_OTHER_PROJECTS = (*TEMPLATES, *CONFIGURATIONS, "cdk.json")


def create(folder: Path, files: Mapping[str, str]) -> None:
    """Create files in a folder, which is created if it is missing.

    Nothing is overwritten, and nothing remains of a failure.

    Parameters
    ----------
    files
        The content of each file by its path in the folder.

    Raises
    ------
    ProjectError
        If there is one of the files or another project already.
    TestbedError
        If a file cannot be created, for example on a full disk.
    """
    if existing := _existing(folder, files):
        raise ProjectError(
            f"Nothing was created, because {folder} already has: {', '.join(existing)}.",
            advice="Choose a new folder: testbed init FOLDER",
        )
    made: list[Path] = []
    try:
        for name, content in files.items():
            _write(folder / name, content, made)
    except BaseException as error:
        failure = _explained(error, folder)
        with preserved(failure):
            _remove(made)
        raise failure from error


def _existing(folder: Path, files: Mapping[str, str]) -> list[str]:
    """Return what is in the way: files, and files where folders have to be."""
    names = {*files, *_OTHER_PROJECTS}
    folders = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    # A symbolic link to nothing is in the way, too.
    taken = {name for name in names if os.path.lexists(folder / name)}
    taken |= {name for name in folders if os.path.lexists(folder / name)} - {
        name for name in folders if (folder / name).is_dir()
    }
    return sorted(taken)


def _write(path: Path, content: str, made: list[Path]) -> None:
    missing = [each for each in path.parents if not each.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)
    # "x": another program may have created it meanwhile.
    with path.open("x", encoding="utf-8", newline="\n") as file:
        made.append(path)
        file.write(content)


def _remove(made: list[Path]) -> None:
    for path in reversed(made):
        if path.is_dir():
            path.rmdir()
        else:
            path.unlink()


def _explained(error: BaseException, folder: Path) -> BaseException:
    if not isinstance(error, OSError):
        return error
    where = os.fsdecode(error.filename) if error.filename else str(folder)
    return TestbedError(
        f"{where}: {error.strerror}. Nothing was created.",
        advice="Choose a folder that you may write to, on a disk with space: testbed init FOLDER",
    )
