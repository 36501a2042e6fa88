"""Log lines as all commands print them: with local times, and tracebacks of the project's files."""

from __future__ import annotations

from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.commands.sources import source_folder
from testbed.errors import ProjectError
from testbed.terminal.durations import local_time_text

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.aws.logs import LogLine
    from testbed.session import Session


def line_parts(
    line: LogLine, files: ProjectFiles, width: int | None, *, timed: bool = True
) -> tuple[tuple[str, str], str]:
    """Return the beginning of a log line, with its style, and its message, which has line breaks.

    Parameters
    ----------
    width
        The number of columns for the function's name; None leaves it out.
    timed
        Whether the line's time is known.
    """
    from testbed.aws.log_messages import readable

    start = f"{local_time_text(line.time)} " if timed else ""
    if width is not None:
        start += f"{line.function:<{width}} "
    message = readable(line.message, partial(files.name, line.function))
    return (start, "dim"), message.rstrip()


class ProjectFiles:
    """The project's files with the code of its functions; found when a traceback names one.

    Parameters
    ----------
    session
        What selects the project and its stacks.
    aws
        Where the functions are.
    """

    def __init__(self, session: Session, aws: Aws) -> None:
        self._session = session
        self._aws = aws
        self._folders: dict[str, Path | None] = {}

    def name(self, function: str, path: str) -> str:
        """Return the path of the project's file that a path in a function's traceback is of."""
        from testbed.project.own_frames import project_file

        if function not in self._folders:
            logical_id = self._logical_ids.get(function, "")
            self._folders[function] = source_folder(self._session, logical_id)
        return project_file(path, self._folders[function], Path.cwd())

    @cached_property
    def _logical_ids(self) -> dict[str, str]:
        from testbed.aws.functions import known_functions

        try:
            stacks = self._session.stack_names
        except ProjectError:  # the project is not valid any more, such as while it is watched
            return {}
        found = known_functions(self._aws, stacks)
        return {each.name: each.logical_id for each in found}
