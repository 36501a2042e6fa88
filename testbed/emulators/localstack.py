"""An embedded LocalStack: a child process in its own environment, and nothing else.

It listens on 127.0.0.1 only, reaches for nothing outside, and keeps all its files in the state
folder that it was given.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from testbed.aws.clients import SHIMS
from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.emulators import instance as records
from testbed.emulators import state_folder as states
from testbed.emulators.environments import PythonEnvironments
from testbed.emulators.instance import Instance
from testbed.errors import InitScriptError, PortInUseError, StartError, preserved
from testbed.machine import ports
from testbed.machine.file_errors import advice_on_output, naming
from testbed.machine.ports import HOST
from testbed.machine.processes import terminate_tree
from testbed.machine.waiting import WaitedTooLong, until
from testbed.project.project import parse_pair

_SETTINGS = Path(__file__).with_name("localstack.env")
_PORT_ATTEMPTS = 3
_START_LIMIT_SECONDS = 60.0
_INIT_LIMIT_SECONDS = 300.0
_LOG_LINES_SHOWN = 25
_MARK_BYTES = 16

# Of the caller's environment LocalStack sees these; the rest could change what it does.
_INHERITED = ("HOME", "LANG", "LC_ALL", "TZ", "TESTBED_CACHE", "SSL_CERT_FILE")


class LocalStack:
    """One embedded LocalStack, which lives as long as its process.

    Parameters
    ----------
    state
        A folder of its own, for its log, its files and the record by which it is found again.
    """

    def __init__(self, state: Path) -> None:
        self.state = state
        self.log = state / "localstack.log"
        self._root = state / "root"
        self._control_secret_file = state / control_secret.FILE
        self._process: subprocess.Popen[bytes] | None = None

    def running(self) -> Instance | None:
        """Return the instance that runs from this state folder, if one does."""
        recorded = records.load(self.state)
        return recorded if recorded and recorded.process() else None

    def control_secret(self) -> ControlSecret | None:
        """Return the secret of the instance that runs from this state folder."""
        return control_secret.read(self._control_secret_file)

    def start(
        self,
        environments: PythonEnvironments,
        *,
        port: int | None = None,
        init_scripts: Path | None = None,
        settings: dict[str, str] | None = None,
    ) -> Instance:
        """Start it and return when its API answers and every init script has succeeded.

        Whatever ends this call early, Ctrl-C included, leaves no process behind.

        Parameters
        ----------
        port
            The port to listen on; by default 4566, or any free one if that is taken.
        init_scripts
            A folder with ``ready.d`` and its siblings.
            https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/
        settings
            Further environment variables for LocalStack and its init scripts.

        Raises
        ------
        PortInUseError
            If the given port is taken.
        InitScriptError
            If an init script fails, with what it printed.
        StartError
            If LocalStack ends or does not answer in time.
        """
        given = settings or {}
        if port is not None:
            if not ports.is_free(port):
                raise ports.taken(port)
            return self._start(environments, port, init_scripts, given)
        for _ in range(_PORT_ATTEMPTS - 1):
            with contextlib.suppress(PortInUseError):  # another program was faster
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
        self._make_root(environments, init_scripts)
        process: subprocess.Popen[bytes] | None = None
        try:
            mark = secrets.token_hex(_MARK_BYTES)
            with states.open_private(self.log) as log:
                process = subprocess.Popen(
                    [str(environments.localstack_python), "-m", "localstack_testbed"],
                    env={**self._environment(environments, port, settings), records.MARK: mark},
                    cwd=self._root,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # it outlives the command, whose Ctrl-C is not for it
                )
            started = Instance(
                pid=process.pid,
                mark=mark,
                endpoint_url=f"http://{HOST}:{port}",
            )
            with naming(self.state):
                records.save(started, self.state)
            self._await_ready(process, started, port)
        except BaseException as error:
            if process is not None:
                terminate_tree(process.pid)
                process.wait()
            with preserved(error):
                self.remove_remains()
            raise
        self._process = process
        return started

    def stop(self) -> bool:
        """Stop it, with everything that it started; return whether it was running.

        Its log stays, for whoever wants to know what happened.
        """
        current = self.running()
        process = current.process() if current else None
        if process is not None:
            terminate_tree(process.pid)
        if self._process is not None:  # our own child, which has to be waited for
            self._process.wait()
            self._process = None
        self.remove_remains()
        return process is not None

    def remove_remains(self) -> None:
        """Remove what a stopped or crashed instance left: its record, secret and files."""
        records.forget(self.state)
        self._control_secret_file.unlink(missing_ok=True)
        shutil.rmtree(self._root, ignore_errors=True)

    def _make_root(self, environments: PythonEnvironments, init_scripts: Path | None) -> None:
        """Lay out the file system that LocalStack expects, as its image has it.

        In host mode ``FILESYSTEM_ROOT`` takes the place of ``/`` (localstack.config.Directories).
        """
        libraries = self._root / "usr/lib"
        etc = self._root / "etc/localstack"
        self._root.mkdir(mode=0o700)
        for folder in (libraries, etc, self._root / "tmp"):
            folder.mkdir(parents=True)
        (libraries / "localstack").symlink_to(environments.static_files)
        if init_scripts is not None and init_scripts.is_dir():
            (etc / "init").symlink_to(init_scripts.resolve())

    def _environment(
        self, environments: PythonEnvironments, port: int, settings: dict[str, str]
    ) -> dict[str, str]:
        address = f"{HOST}:{port}"
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        own_commands = Path(sys.executable).parent
        return {
            "HOME": str(self._root),  # for want of the user's, which it needs for a cache
            **inherited,
            **_shared_settings(),
            # Init scripts find `testbed`, and the `aws` and `awslocal` beside it, first.
            "PATH": os.pathsep.join(
                [str(SHIMS), str(own_commands), os.environ.get("PATH", os.defpath)]
            ),
            "TEMP": str(self._root / "tmp"),
            "PYTHONPATH": str(environments.extension),
            "FILESYSTEM_ROOT": str(self._root),
            "OVERRIDE_IN_DOCKER": "0",
            "CONFIG_DIR": str(self._root / "config"),  # and not the user's ~/.localstack
            "GATEWAY_LISTEN": address,
            "LOCALSTACK_HOST": address,
            "CUSTOM_SSL_CERT_PATH": str(environments.copy_certificate(self._root)),
            control_secret.FILE_VARIABLE: str(self._control_secret_file),
            "LAMBDA_PROCESS_PYTHON": str(environments.runtime_python),
            **settings,
        }

    def _await_ready(self, process: subprocess.Popen[bytes], started: Instance, port: int) -> None:
        import requests

        url = f"{started.endpoint_url}/_localstack/init"
        with requests.Session() as session:
            session.trust_env = False  # no proxy on the way to 127.0.0.1

            def answer() -> dict[str, Any] | None:
                if process.poll() is not None:
                    if not ports.is_free(port):
                        raise ports.taken(port)
                    tail = self._log_tail()
                    raise StartError(
                        f"LocalStack ended with exit code {process.returncode}.",
                        advice=advice_on_output(tail, self.state) or f"Its log is {self.log}.",
                        details=tail,
                    )
                try:
                    response = session.get(url, timeout=5)
                except requests.RequestException:
                    return None
                return response.json() if response.ok else None

            def finished() -> dict[str, Any] | None:
                stages = answer()
                return stages if stages and stages["completed"]["READY"] else None

            try:
                until(answer, within=_START_LIMIT_SECONDS, what="answer from LocalStack")
                # Another LocalStack answers as ours does.
                if not ports.listens(process.pid, port):
                    raise ports.taken(port)
                stages = until(
                    finished, within=_INIT_LIMIT_SECONDS, what="end of the init scripts", every=0.1
                )
            except WaitedTooLong as error:
                raise StartError(
                    str(error), advice=f"Its log is {self.log}.", details=self._log_tail()
                ) from error
        for script in stages["scripts"]:
            if script["state"] == "ERROR":
                raise self._init_script_error(script["name"])

    def _init_script_error(self, name: str) -> InitScriptError:
        # Our extension keeps what each script prints.
        output = self._root / "var/lib/localstack/logs/init" / f"{name}.log"
        try:
            text = output.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            text = self._log_tail()
        return InitScriptError(
            f"The init script {name} failed, so there is no pipeline.",
            advice=advice_on_output(text, self.state),
            details=text.strip(),
        )

    def _log_tail(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LOG_LINES_SHOWN:])


def _shared_settings() -> dict[str, str]:
    lines = _SETTINGS.read_text(encoding="utf-8").splitlines()
    return dict(parse_pair(line, _SETTINGS.name) for line in lines if line[:1] not in ("", "#"))
