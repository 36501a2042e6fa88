"""LocalStack's process: its files, environment variables, command and readiness.

Whatever runs LocalStack outside of a container starts it here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from testbed.aws.clients import search_path
from testbed.emulators import runtimes
from testbed.emulators.environments import PythonEnvironments
from testbed.emulators.process import EmulatorProcess
from testbed.errors import StartError
from testbed.machine import ports
from testbed.machine.ports import HOST
from testbed.project.pairs import parse_pair

_SETTINGS = Path(__file__).with_name("localstack.env")
_INIT_SCRIPTS = "/_localstack/init"
_START_LIMIT_SECONDS = 60.0
_INIT_LIMIT_SECONDS = 300.0

# Only these of the user's environment variables are passed on: others could change LocalStack.
_INHERITED = ("HOME", "LANG", "LC_ALL", "TZ", "TESTBED_CACHE", "SSL_CERT_FILE")


def start(
    environments: PythonEnvironments,
    root: Path,
    log: Path,
    *,
    port: int,
    init_scripts: Path | None = None,
    settings: Mapping[str, str] | None = None,
) -> EmulatorProcess:
    """Start LocalStack on a port of 127.0.0.1; it is not ready yet.

    Parameters
    ----------
    root
        The folder that takes the place of ``/`` (LocalStack's ``FILESYSTEM_ROOT``).
    log
        The file for its output, replaced if it exists.
    init_scripts
        A folder with ``ready.d`` and its siblings.
        https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/
    settings
        Environment variables to add to ours or to replace them.
    """
    _make_root(root, environments, init_scripts)
    return EmulatorProcess.start(
        "LocalStack",
        [str(environments.localstack_python), "-m", "localstack_testbed"],
        {**_variables(root, environments, port), **(settings or {})},
        endpoint_url=f"http://{HOST}:{port}",
        folder=root,
        log=log,
    )


def await_ready(process: EmulatorProcess, port: int) -> list[dict[str, Any]]:
    """Wait until LocalStack answers and its init scripts have ended; return their states.

    Raises
    ------
    PortInUseError
        If another program listens on the port.
    StartError
        If LocalStack exits or is not ready in time.
    """
    try:
        process.await_answer(
            _INIT_SCRIPTS, within=_START_LIMIT_SECONDS, what="answer from LocalStack"
        )
    except StartError:
        if process.has_exited and not ports.is_free(port):
            raise ports.taken(port) from None
        raise
    # The answer may come from another LocalStack.
    if not ports.listens(process.child.pid, port):
        raise ports.taken(port)
    answer = process.await_answer(
        _INIT_SCRIPTS,
        within=_INIT_LIMIT_SECONDS,
        what="end of the init scripts",
        is_ready=lambda answer: bool(answer["completed"]["READY"]),
        every=0.1,  # each request takes time that the init scripts need
    )
    scripts: list[dict[str, Any]] = answer["scripts"]
    return scripts


def _make_root(root: Path, environments: PythonEnvironments, init_scripts: Path | None) -> None:
    """Create the folders that LocalStack's image has."""
    libraries = root / "usr/lib"
    etc = root / "etc/localstack"
    root.mkdir(mode=0o700, exist_ok=True)
    for folder in (libraries, etc, root / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    (libraries / "localstack").symlink_to(environments.static_files)
    if init_scripts is not None and init_scripts.is_dir():
        (etc / "init").symlink_to(init_scripts.resolve())


def _variables(root: Path, environments: PythonEnvironments, port: int) -> dict[str, str]:
    address = f"{HOST}:{port}"
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    own_commands = Path(sys.executable).parent
    return {
        "HOME": str(root),  # if the user has none: LocalStack needs one for a cache
        **inherited,
        **_shared_settings(),
        # Init scripts find this environment's `testbed` first.
        "PATH": search_path(os.environ.get("PATH", os.defpath), own_commands),
        "TEMP": str(root / "tmp"),
        "PYTHONPATH": str(environments.extension),
        "FILESYSTEM_ROOT": str(root),
        "OVERRIDE_IN_DOCKER": "0",
        "CONFIG_DIR": str(root / "config"),  # and not the user's ~/.localstack
        "GATEWAY_LISTEN": address,
        "LOCALSTACK_HOST": address,
        "CUSTOM_SSL_CERT_PATH": str(environments.copy_certificate(root)),
        "LAMBDA_PROCESS_PYTHON": str(environments.runtime_python),
        "LAMBDA_PROCESS_PYTHON_COMMAND": runtimes.command(),
    }


def _shared_settings() -> dict[str, str]:
    lines = _SETTINGS.read_text(encoding="utf-8").splitlines()
    return dict(parse_pair(line, _SETTINGS.name) for line in lines if line[:1] not in ("", "#"))
