"""The program ``python -m localstack_testbed.lambda_executor.supervisor``.

``supervisor_client`` starts it.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import shutil
import signal
import socket
import sys
from pathlib import Path

from localstack_testbed.lambda_executor.supervisor.control import ControlConnection
from localstack_testbed.lambda_executor.supervisor.environments import Supervisor
from localstack_testbed.lambda_executor.supervisor.isolation import (
    Isolation,
    enter_mount_namespace,
    enter_namespaces,
    why_unavailable,
)
from localstack_testbed.lambda_executor.supervisor.processes import (
    adopt_orphans,
    die_with_parent,
)


def main() -> None:
    descriptor, folder, root, packages, *modules = sys.argv[1:]
    directory = Path(folder)
    os.umask(0o022)  # functions may run as another user than LocalStack
    # LocalStack handles Ctrl+C, and stops this process by disconnecting.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    control = ControlConnection(socket.socket(fileno=int(descriptor)))
    isolation = None
    if root:
        Path(root).mkdir(exist_ok=True)
        reason = why_unavailable(Path(root), Path(packages))
        if reason is None:
            enter_namespaces()
            parent = os.getpid()
            process = os.fork()
            if process != 0:
                control.close()
                _, status = os.waitpid(process, 0)
                if status == 0:  # LocalStack has disconnected, and the child's mounts are gone
                    shutil.rmtree(directory, ignore_errors=True)
                return
            die_with_parent(parent)
            enter_mount_namespace()
            isolation = Isolation(Path(root), Path(packages))
    else:
        reason = "LAMBDA_PROCESS_ISOLATION=0"
    control.send({"event": "ready", "reason": reason})
    adopt_orphans()
    import_modules(modules)
    supervisor = Supervisor(control, isolation)
    command = supervisor.serve()
    if command is not None:
        supervisor.run(command)
    elif isolation is None:
        shutil.rmtree(directory, ignore_errors=True)


def import_modules(names: list[str]) -> None:
    """Import modules in advance, only from the functions' own packages."""
    own = (str(Path.cwd()), str(Path(__file__).parents[3]))
    sys.path[:] = [path for path in sys.path if path and path not in own]
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Garbage collections would write to the objects created so far and unshare their pages.
    gc.collect()
    gc.freeze()


main()
