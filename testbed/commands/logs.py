"""``testbed logs``."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testbed.commands.options import stack_option
from testbed.commands.sources import source_folder
from testbed.terminal import console
from testbed.terminal.durations import Since, local_time_text

if TYPE_CHECKING:
    from testbed.aws.logs import LogLine, LogSource
    from testbed.session import Session


@click.command()
@click.argument("functions", nargs=-1, help="The functions whose logs are shown; all by default.")
@click.option("--follow", is_flag=True, help="Wait for new lines until you press Ctrl-C.")
@click.option(
    "--since", type=Since(), metavar="WHEN", default="10m", show_default=True,
    help="Show only lines that are not older: 90s, 5m, 1h30m, or since 14:30, 2026-12-24T12:00Z.",
)  # fmt: skip
@click.option(
    "--grep", metavar="TEXT",
    help="Show only lines that contain TEXT, which is not a regular expression.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print each line as one line of JSON.")
@stack_option
@click.pass_obj
def logs(
    session: Session,
    functions: tuple[str, ...],
    follow: bool,
    since: datetime,
    grep: str | None,
    as_json: bool,
) -> None:
    """Show the functions' logs, the oldest lines first.

    All functions are chosen, also those that were deleted; --stack chooses those of one stack.
    Lambda's START, END and REPORT lines are included. Times are local, and with the date if it is
    not today's.
    """
    from testbed.aws.logs import (
        chosen_sources,
        follow_logs,
        log_lines,
        log_sources,
        with_request_ids,
    )

    def chosen(line: LogLine) -> bool:
        return grep is None or grep in line.message

    stack_name = session.selection.stack_name
    if stack_name:
        session.outputs()  # an error if there is no such stack

    def sources_now() -> list[LogSource]:
        return sources if functions else log_sources(session.aws, stack_name)

    known = log_sources(session.aws, stack_name)
    sources = chosen_sources(session.aws, functions, known, session.stack_names)
    lines: Iterable[LogLine] = (
        follow_logs(session.aws, sources_now, since)
        if follow
        else log_lines(session.aws, sources, since)
    )
    width = max((len(source.function) for source in sources), default=0)
    files = ProjectFiles(session)
    shown = filter(chosen, with_request_ids(lines))
    found = False
    for line in shown:
        found = True
        if as_json:
            console.print_json(line.as_json(), indent=None)
        else:
            print_line(line, width, files)
    if not found:
        _explain(known, since, grep)


def print_line(line: LogLine, width: int, files: ProjectFiles) -> None:
    """Print a log line, with a readable traceback if it has one."""
    from testbed.aws.log_messages import readable

    message = readable(line.message, partial(files.name, line.function))
    start = f"{local_time_text(line.time)} {line.function:<{width}}"
    console.line((start, "dim"), f" {message}", multiline=True)


def _explain(known: Iterable[object], since: datetime, grep: str | None) -> None:
    if not known:
        message = "There are no functions: deploy some with `testbed deploy`."
    else:
        which = f" with {grep!r}" if grep is not None else ""
        message = (
            f"There are no log lines{which} since {local_time_text(since)}. Show older ones with,"
            " for example: testbed logs --since 1d"
        )
    console.progress.print(console.text(message), soft_wrap=True)


class ProjectFiles:
    """The project's files with the code of its functions; found when a traceback names one."""

    def __init__(self, session: Session) -> None:
        self._session = session
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

        found = known_functions(self._session.aws, self._session.stack_names)
        return {each.name: each.logical_id for each in found}
