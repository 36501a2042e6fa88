"""``testbed init``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from testbed.terminal import console

if TYPE_CHECKING:
    from testbed.session import Session


@click.command()
@click.argument(
    "folder", type=click.Path(path_type=Path, file_okay=False), required=False, default=None
)
@click.pass_obj
def init(session: Session, folder: Path | None) -> None:
    """Create a small project with tests.

    It has an API, a queue, functions, tests, and workflows for GitHub and GitLab. FOLDER is the new
    project's folder, and gives it its name; by default it is the current folder. Existing files are
    never overwritten.
    """
    from testbed.project.discovery import stack_name_of
    from testbed.project.template_search import TEMPLATES
    from testbed.scaffold.create import create
    from testbed.scaffold.requirement import is_local, requirement
    from testbed.scaffold.source import rendered

    target = folder or session.folder
    name = stack_name_of(target / TEMPLATES[0])
    line = requirement()
    files = rendered(name, line)
    create(target, files)
    console.line(f"Created the project {name} in {target.resolve()}.")
    if is_local(line):
        console.progress.print(
            console.text(
                ("!", "yellow"),
                " requirements-dev.txt installs the testbed from this machine. Name a source there"
                " that your CI machines can use, such as a Git URL.",
            ),
            soft_wrap=True,
        )
    console.line("Next:")
    if target.resolve() != Path.cwd():
        console.line(f"  cd {shlex.quote(str(target))}")
    console.line("  python3 -m venv .venv && . .venv/bin/activate")
    console.line("  pip install -r requirements-dev.txt")
    console.line("  pytest")
    console.line("  testbed up")
