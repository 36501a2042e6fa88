"""The supervisor: the parent of all execution environments, run by the functions' interpreter.

A script, not a module of the package: it runs in the interpreter named by
``LAMBDA_PROCESS_PYTHON`` and so may import nothing but the standard library.

It imports what most functions need anyway (the AWS SDK) once, and forks an execution
environment from there, which starts in milliseconds. A function whose bundle brings a module of
its own by a name already imported here gets a new interpreter instead, so that what it imports
is what it would import on AWS.

It also makes sure that nothing survives:

- the end of the control connection (LocalStack is gone, in whatever way) ends everything;
- an environment whose supervisor is gone is killed by the kernel (Linux);
- what a function leaves running is adopted by its environment or, after that has ended, by the
  supervisor, and is killed (Linux; elsewhere whatever stayed in the process group).

Messages, both ways: length (4 bytes, big endian), then JSON. Commands, with the environment's
number in ``id``: ``start`` (with one file descriptor, the output), ``kill``, ``freeze``,
``thaw``, ``compile``. Events: ``started``, ``exited``, ``compiled``.
"""

import array
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import selectors
import shutil
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Any

type Message = dict[str, Any]

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36


class ControlConnection:
    """The connection to LocalStack: framed JSON with, now and then, a file descriptor."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = b""
        self._descriptors: list[int] = []

    def fileno(self) -> int:
        return self._connection.fileno()

    def receive(self) -> list[tuple[Message, int | None]] | None:
        """Read what has arrived: messages with their descriptors; None at the end."""
        descriptors = array.array("i")
        data, ancillary, _, _ = self._connection.recvmsg(65536, socket.CMSG_SPACE(64))
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
        if not data:
            return None
        self._descriptors.extend(descriptors)
        self._buffer += data
        messages = []
        while len(self._buffer) >= 4:
            (length,) = struct.unpack(">I", self._buffer[:4])
            if len(self._buffer) < 4 + length:
                break
            message = json.loads(self._buffer[4 : 4 + length])
            self._buffer = self._buffer[4 + length :]
            descriptor = self._descriptors.pop(0) if message["command"] == "start" else None
            messages.append((message, descriptor))
        return messages

    def send(self, message: Message) -> None:
        data = json.dumps(message).encode()
        with contextlib.suppress(OSError):
            self._connection.sendall(struct.pack(">I", len(data)) + data)

    def close(self) -> None:
        self._connection.close()


class Supervisor:
    def __init__(self, control: ControlConnection, directory: str) -> None:
        self._control = control
        self._directory = directory
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
        """Work until the control connection ends; return a command only in a forked child."""
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
                try:
                    messages = self._control.receive()
                except ConnectionError:
                    messages = None
                if messages is None:
                    self._end()
                    return None
                for message, descriptor in messages:
                    if self._handle(message, descriptor):
                        selector.close()
                        return message

    def _handle(self, message: Message, descriptor: int | None) -> bool:
        """Carry out a command; true in the child that it forked."""
        command, number = message["command"], message["id"]
        if command in ("start", "compile"):
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
                sent = {
                    "kill": signal.SIGKILL,
                    "freeze": signal.SIGSTOP,
                    "thaw": signal.SIGCONT,
                }[command]
                kill_group(process, sent)
        return False

    def _become_child(self, supervisor: int, descriptor: int | None) -> None:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        if os.getppid() != supervisor:
            os._exit(1)
        self._control.close()
        self._wakeup.close()
        self._wakeup_writer.close()
        if descriptor is not None:
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            os.close(descriptor)

    def run(self, message: Message) -> None:
        """In a forked child: be the execution environment, or the compiler of a bundle."""
        if message["command"] == "compile":
            compile_bundle(message["directory"])
            return
        os.environ.clear()
        os.environ.update(message["environment"])
        os.chdir(message["directory"])
        if not message["fork"] or self._brings_imported_modules(message["path"]):
            script = [sys.executable, "-B", "-P", __file__, "run"]
            arguments = [*script, message["handler"], *message["path"]]
            os.execv(sys.executable, arguments)  # noqa: S606 - in place of this process
        time.tzset()
        sys.dont_write_bytecode = True
        sys.path[:] = self._paths
        run_runtime(message["handler"], message["path"])

    def _brings_imported_modules(self, path: list[str]) -> bool:
        for directory in path:
            with contextlib.suppress(OSError):
                names = {path.name.partition(".")[0] for path in Path(directory).iterdir()}
                if names & self._imported:
                    return True
        return False

    def _reap(self) -> None:
        """Report children that have ended and kill what they left running."""
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
                kill_group(process, signal.SIGKILL)
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
            kill_group(process, signal.SIGKILL)
        while True:
            for process in children():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                break
        shutil.rmtree(self._directory, ignore_errors=True)


def run_runtime(handler: str, path: list[str]) -> None:
    """Run AWS's runtime, which gets its own modules before the function's come to the path."""
    for name in ("awslambdaric.bootstrap", "awslambdaric.lambda_config"):
        importlib.import_module(name)
    sys.argv[:] = ["awslambdaric", handler]
    sys.path[:0] = path
    importlib.invalidate_caches()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


def prctl(option: int, value: int) -> None:
    """Ask the Linux kernel for a property of this process; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, int(value), 0, 0, 0)


def kill_group(process: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, number)


def children() -> list[int]:
    """List the child processes of this process (Linux; elsewhere none are found)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The command may hold spaces and parentheses: count from its last one.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == os.getpid():
                found.append(int(stat.parent.name))
    return found


def compile_bundle(directory: str) -> None:
    """Write byte code beside the bundle's modules; what cannot be compiled stays as it is."""
    import compileall

    os.nice(10)  # nobody waits for it
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    compileall.compile_dir(directory, quiet=2, maxlevels=50)


def import_modules(names: list[str]) -> None:
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    # Objects made so far stay out of collections, which would unshare their memory pages.
    gc.collect()
    gc.freeze()


def main() -> None:
    if sys.argv[1] == "run":
        run_runtime(sys.argv[2], sys.argv[3:])
        return
    descriptor, directory, *modules = sys.argv[1:]
    # The keyboard's interrupt goes to LocalStack, which ends this process by disconnecting.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    import_modules(modules)
    supervisor = Supervisor(ControlConnection(socket.socket(fileno=int(descriptor))), directory)
    command = supervisor.serve()
    if command is not None:
        supervisor.run(command)


if __name__ == "__main__":
    main()
