"""LocalStack as a separate process, which later commands find by its state folder.

It listens on 127.0.0.1 only, sends nothing to other machines, and keeps all its files in the state
folder.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
from pathlib import Path

from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.emulators import instance as records
from testbed.emulators import localstack_process
from testbed.emulators import state_folder as states
from testbed.emulators.environments import PythonEnvironments
from testbed.emulators.instance import Instance
from testbed.emulators.process import EmulatorProcess
from testbed.errors import InitScriptError, PortInUseError, preserved
from testbed.machine import ports
from testbed.machine.file_errors import advice_on_output, naming
from testbed.machine.processes import terminate_tree

_PORT_ATTEMPTS = 3
_MARK_BYTES = 16


class LocalStack:
    """The LocalStack process of a state folder, running or not.

    Parameters
    ----------
    state
        The folder for its log, its files and the record of the running process.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        self.log = state / "localstack.log"
        self._root = state / "root"
        self._control_secret_file = state / control_secret.FILE
        self._process: EmulatorProcess | None = None

    def running(self) -> Instance | None:
        """Return the running instance of this state folder, or None."""
        recorded = records.load(self.state)
        return recorded if recorded and recorded.process() else None

    def control_secret(self) -> ControlSecret | None:
        """Return the control secret of this state folder's instance, or None if it has none."""
        return control_secret.read(self._control_secret_file)

    def start(
        self,
        environments: PythonEnvironments,
        *,
        port: int | None = None,
        init_scripts: Path | None = None,
        settings: dict[str, str] | None = None,
    ) -> Instance:
        """Start LocalStack, and return when it answers and every init script has succeeded.

        If this fails or is interrupted, for example by Ctrl-C, the process is terminated.

        Parameters
        ----------
        port
            The port to listen on; by default 4566, or any free port if that is in use.
        init_scripts
            A folder with ``ready.d`` and its siblings.
            https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/
        settings
            Environment variables to add to LocalStack's, which init scripts see, too.

        Raises
        ------
        PortInUseError
            If the given port is in use.
        InitScriptError
            If an init script fails; carries its output.
        StartError
            If LocalStack exits or is not ready in time.
        """
        given = settings or {}
        if port is not None:
            if not ports.is_free(port):
                raise ports.taken(port)
            return self._start(environments, port, init_scripts, given)
        for _ in range(_PORT_ATTEMPTS - 1):
            with contextlib.suppress(PortInUseError):  # another program has just taken the port
                return self._start(environments, ports.free_port(), init_scripts, given)
        return self._start(environments, ports.free_port(), init_scripts, given)

    def _start(
        self,
        environments: PythonEnvironments,
        port: int,
        init_scripts: Path | None,
        settings: dict[str, str],
    ) -> Instance:
        self.remove_remains()
        states.make(self.state)
        process: EmulatorProcess | None = None
        try:
            mark = secrets.token_hex(_MARK_BYTES)
            process = localstack_process.start(
                environments,
                self._root,
                self.log,
                port=port,
                init_scripts=init_scripts,
                settings={
                    control_secret.FILE_VARIABLE: str(self._control_secret_file),
                    **settings,
                    records.MARK: mark,
                },
            )
            started = Instance(process.child.pid, mark, process.endpoint_url)
            with naming(self.state):
                records.save(started, self.state)
            for script in localstack_process.await_ready(process, port):
                if script["state"] == "ERROR":
                    raise self._init_script_error(script["name"], process)
        except BaseException as error:
            if process is not None:
                process.stop()
            with preserved(error):
                self.remove_remains()
            raise
        self._process = process
        return started

    def stop(self) -> bool:
        """Terminate the instance with its descendants; return whether it was running.

        Its log stays in the state folder.
        """
        current = self.running()
        process = current.process() if current else None
        if process is not None:
            terminate_tree(process.pid)
        if self._process is not None:  # a child of this process, which has to be waited for
            self._process.child.wait()
            self._process = None
        self.remove_remains()
        return process is not None

    def remove_remains(self) -> None:
        """Delete the record, secret and files of an instance that has stopped or crashed."""
        records.forget(self.state)
        self._control_secret_file.unlink(missing_ok=True)
        shutil.rmtree(self._root, ignore_errors=True)

    def _init_script_error(self, name: str, process: EmulatorProcess) -> InitScriptError:
        # Our extension keeps the output of each script.
        output = self._root / "var/lib/localstack/logs/init" / f"{name}.log"
        try:
            text = output.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            text = process.log_tail()
        return InitScriptError(
            f"The init script {name} failed, so nothing is deployed.",
            advice=advice_on_output(text, self.state)
            or "LocalStack was stopped: fix the problem and start it again.",
            details=text.strip(),
        )
