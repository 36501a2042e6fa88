"""Where the source of a function is in the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from testbed.errors import ProjectError

if TYPE_CHECKING:
    from testbed.session import Session


def source_folder(session: Session, logical_id: str) -> Path | None:
    """Return the folder with the source of a function, if it is known.

    A project that is not valid any more is no error: that is not what the user asks for.

    Parameters
    ----------
    logical_id
        The function's logical ID, after those of nested stacks; empty if it is in no stack.
    """
    from testbed.project.local_files import template_files

    if not logical_id:
        return None
    try:
        project = session.project
        template = template_files(
            project.template, project.parameters, project.region, "is built here"
        )
    except (ProjectError, OSError):
        return None
    return template.code_folder(logical_id)
