"""The start of debugpy in a function's process, which connects to the client of the session."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

# debugpy would print a warning about Python's frozen modules, in which nobody sets a breakpoint.
_NO_WARNING = "PYDEVD_DISABLE_FILE_VALIDATION"


def connect_debugger(settings: dict[str, Any]) -> None:
    """Connect to the client; with ``wait``, return when a debugger has attached.

    If the client has exited meanwhile, the function runs without a debugger.
    """
    sys.path.insert(0, settings["packages"])
    os.environ[_NO_WARNING] = "1"
    try:
        import debugpy  # type: ignore[import-not-found, unused-ignore]
        import debugpy.server.api  # type: ignore[import-not-found, unused-ignore]
        import pydevd  # type: ignore[import-not-found, unused-ignore]
    finally:
        sys.path.remove(settings["packages"])
        del os.environ[_NO_WARNING]
    try:
        # What debugpy.connect() does, which cannot require a token of the other side.
        pydevd.settrace(
            host=settings["host"],
            port=settings["port"],
            access_token=settings["token"],
            client_access_token=settings["proof"],
            suspend=False,
            wait_for_ready_to_run=False,
            notify_stdin=False,
            dont_trace_start_patterns=(str(Path(debugpy.__file__).parent),),
        )
    except (OSError, SystemExit) as error:
        print(f"The debugger cannot be reached: {error}", file=sys.stderr)
        return
    sys.breakpointhook = debugpy.breakpoint
    if settings["wait"]:
        debugpy.wait_for_client()
