"""The launch configuration for Visual Studio Code.

https://code.visualstudio.com/docs/python/debugging#_set-configuration-options
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from testbed.debugger.relay import TASK_ROOT
from testbed.machine.ports import HOST

_WORKSPACE = "${workspaceFolder}"


def launch_json(function: str, port: int, source: Path | None, root: Path) -> dict[str, Any]:
    """Return the content of ``.vscode/launch.json``.

    Parameters
    ----------
    source
        The folder with the function's source; None if it is not known.
    root
        The project's folder, which is the one that is open in VS Code.
    """
    return {
        "version": "0.2.0",
        "configurations": [
            {
                "name": f"Debug {function} in the testbed",
                "type": "debugpy",
                "request": "attach",
                "connect": {"host": HOST, "port": port},
                "pathMappings": [{"localRoot": local_root(source, root), "remoteRoot": TASK_ROOT}],
                "subProcess": False,
            }
        ],
    }


def local_root(source: Path | None, root: Path) -> str:
    """Return a folder as a launch configuration names it: relative to the project, if it is in it.

    >>> local_root(Path("/projects/shop/src"), Path("/projects/shop"))
    '${workspaceFolder}/src'
    """
    if source is None:
        return _WORKSPACE
    folder, root = source.resolve(), root.resolve()
    if not folder.is_relative_to(root):
        return str(folder)
    inside = folder.relative_to(root).as_posix()
    return _WORKSPACE if inside == "." else f"{_WORKSPACE}/{inside}"
