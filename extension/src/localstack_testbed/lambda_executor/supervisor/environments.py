"""The supervisor's main loop, which starts, signals and reaps execution environments.

The supervisor imports what most functions need (the AWS SDK) once, and forks execution
environments, so that they start in milliseconds. If a function's bundle contains a module that the
supervisor has already imported, the function gets a new interpreter, so that it imports the same
module as on AWS.

The supervisor also prevents leftover processes:

- When the control connection closes, because LocalStack stopped or crashed, everything is killed.
- When the supervisor dies, the kernel kills its environments (Linux).
- Processes that a function leaves running are adopted by its environment or, after its exit, by the
  supervisor, and killed (Linux; on other systems, those that are still in the process group).
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from pathlib import Path

from localstack_testbed.lambda_executor.supervisor import runtime
from localstack_testbed.lambda_executor.supervisor.control import ControlConnection, Message
from localstack_testbed.lambda_executor.supervisor.isolation import (
    DEBUGGER_FOLDER,
    Isolation,
    limit_resources,
)
from localstack_testbed.lambda_executor.supervisor.processes import (
    adopt_orphans,
    children,
    die_with_parent,
    signal_group,
)

# awslambdaric reads it, and removes it before it imports the function.
FRAMES_VARIABLE = "_LAMBDA_TELEMETRY_LOG_FD"

SIGNALS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP, "thaw": signal.SIGCONT}


class Supervisor:
    """Executes LocalStack's commands; ``isolation`` is None if environments are not isolated.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """

    def __init__(self, control: ControlConnection, isolation: Isolation | None) -> None:
        self._control = control
        self._isolation = isolation
        self._environments: dict[int, int] = {}
        self._compilations: dict[int, int] = {}
        self._wakeup, wakeup_writer = socket.socketpair()
        self._wakeup.setblocking(False)
        wakeup_writer.setblocking(False)
        self._wakeup_writer = wakeup_writer
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wakeup_writer.fileno())
        self._imported = {name.partition(".")[0] for name in sys.modules}
        self._paths = list(sys.path)

    def serve(self) -> Message | None:
        """Run until the control connection closes; in a forked child, return its command."""
        selector = selectors.DefaultSelector()
        selector.register(self._control, selectors.EVENT_READ)
        selector.register(self._wakeup, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is self._wakeup:
                    with contextlib.suppress(BlockingIOError):
                        self._wakeup.recv(4096)
                    self._reap()
                    continue
                messages = self._control.receive()
                if messages is None:
                    self._end()
                    return None
                for message, descriptor in messages:
                    if self._handle(message, descriptor):
                        selector.close()
                        return message

    def _handle(self, message: Message, descriptor: int | None) -> bool:
        """Execute a command; return True in a forked child."""
        command, number = message["command"], message["id"]
        if command == "discard":
            self._discard(Path(message["directory"]))
            return False
        if command in ("start", "compile"):
            if command == "start":
                self._prepare(Path(message["temporary"]), message["storage"])
            supervisor = os.getpid()
            process = os.fork()
            if process == 0:
                self._become_child(supervisor, descriptor)
                return True
            if descriptor is None:
                self._compilations[process] = number
            else:
                os.close(descriptor)
                self._environments[process] = number
                self._control.send({"event": "started", "id": number, "process": process})
            return False
        for process, other in self._environments.items():
            if other == number:
                signal_group(process, SIGNALS[command])
        return False

    def _prepare(self, temporary: Path, storage: int) -> None:
        # If this fails, the environment reports the missing folder in its log.
        with contextlib.suppress(OSError):
            if self._isolation is not None:
                self._isolation.prepare_temporary(temporary, storage)
            else:
                temporary.mkdir(exist_ok=True)

    def _discard(self, temporary: Path) -> None:
        if self._isolation is not None:
            self._isolation.discard_temporary(temporary)
        shutil.rmtree(temporary, ignore_errors=True)

    def _become_child(self, supervisor: int, descriptor: int | None) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        die_with_parent(supervisor)
        adopt_orphans()
        self._control.close()
        self._wakeup.close()
        self._wakeup_writer.close()
        if descriptor is not None:
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            os.close(descriptor)

    def run(self, message: Message) -> None:
        """Run the execution environment, or compile a bundle, in a forked child."""
        if message["command"] == "compile":
            from localstack_testbed.lambda_executor.supervisor.byte_code import compile_bundle

            compile_bundle(message["directory"], message["others"])
            return
        debugger = message["debugger"]
        os.environ.clear()
        os.environ.update(message["environment"])
        self._frame_messages()
        if self._isolation is None:
            limit_resources(message["storage"])
        else:
            limit_resources(None)
            layers = message["layers"]
            self._isolation.enter(
                Path(message["code"]),
                Path(layers) if layers else None,
                Path(message["temporary"]),
                Path(debugger["packages"]) if debugger else None,
            )
            if debugger:
                debugger["packages"] = str(DEBUGGER_FOLDER)
        os.chdir(message["environment"]["LAMBDA_TASK_ROOT"])
        if not message["fork"] or self._brings_imported_modules(message["path"]):
            arguments = [sys.executable, "-B", runtime.__file__, message["handler"]]
            arguments.extend(message["path"])
            if debugger:  # not an argument, which other users can read
                os.environ[runtime.DEBUGGER_VARIABLE] = json.dumps(debugger)
            os.execv(sys.executable, arguments)  # noqa: S606 - in place of this process
        time.tzset()
        sys.dont_write_bytecode = True
        sys.path[:] = self._paths
        runtime.run_runtime(message["handler"], message["path"], debugger)

    def _frame_messages(self) -> None:
        """Have the runtime write each message of logging and each error as one frame.

        As on AWS, a message of several lines is one log event then. The frames go to the pipe of
        the standard output, so that their order is kept (``lambda_executor.output`` reads them).
        """
        frames = os.dup(1)
        os.set_inheritable(frames, True)
        os.environ[FRAMES_VARIABLE] = str(frames)

    def _brings_imported_modules(self, path: list[str]) -> bool:
        for directory in path:
            with contextlib.suppress(OSError):
                names = {path.name.partition(".")[0] for path in Path(directory).iterdir()}
                if names & self._imported:
                    return True
        return False

    def _reap(self) -> None:
        """Report children that have exited, and kill processes that they left running."""
        ended = False
        while True:
            try:
                process, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if process == 0:
                break
            if process in self._environments:
                ended = True
                signal_group(process, signal.SIGKILL)
                number = self._environments.pop(process)
                self._control.send({"event": "exited", "id": number, "status": status})
            elif process in self._compilations:
                number = self._compilations.pop(process)
                self._control.send({"event": "compiled", "id": number, "status": status})
            else:
                ended = True
        if ended:
            for process in children():
                if process not in self._environments and process not in self._compilations:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process, signal.SIGKILL)

    def _end(self) -> None:
        for process in self._environments:
            signal_group(process, signal.SIGKILL)
        while True:
            for process in children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
