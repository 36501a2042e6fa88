"""Init scripts say what they do: their output is kept in a file, and failures show it.

LocalStack runs the scripts in its init folder
(https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/); of a shell script
that fails it logs the exit code only, and a Python script that calls ``sys.exit`` ends the thread
that runs it. With this module the output of ``NAME.sh`` goes, line by line, to LocalStack's output
as before and to ``init/NAME.sh.log`` in LocalStack's folder of logs; the last lines of a failed
script are part of the error that LocalStack logs.

Setting: ``TESTBED_INIT_SCRIPTS`` (``0`` switches the module off).
"""

import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from localstack import config
from localstack.runtime.init import PythonScriptRunner, ShellScriptRunner

from localstack_testbed.decorators import on_infra_start, patch
from localstack_testbed.switches import switch

LINES_SHOWN = 20

# A script may leave a program running that keeps its output open: so long do we wait for more.
LAST_OUTPUT_LIMIT_SECONDS = 1


class InitScriptError(Exception):
    """An init script failed; the message says how, and what it said last."""


@on_infra_start(should_load=switch("TESTBED_INIT_SCRIPTS"))
def report_init_scripts() -> None:
    """Patch the runners of shell and Python scripts, before the first script runs."""

    @patch(ShellScriptRunner.run, pass_target=False)
    def run_shell_script(self: Any, path: str) -> None:
        run_script(Path(path), Path(config.dirs.logs) / "init")

    @patch(PythonScriptRunner.run)
    def run_python_script(original: Callable[[Any, str], None], self: Any, path: str) -> None:
        try:
            original(self, path)
        except SystemExit as end:
            if end.code not in (None, 0):
                raise InitScriptError(f"{path} exited with {end.code}") from end


def run_script(script: Path, logs: Path) -> None:
    """Run a script to its end, copying its output to a file in the folder ``logs``.

    Raises
    ------
    InitScriptError
        The script cannot be run or its exit code is not 0.
    """
    if not os.access(script, os.X_OK):
        raise InitScriptError(f"{script} is not executable: run chmod +x on it")
    logs.mkdir(parents=True, exist_ok=True)
    last_lines: deque[str] = deque(maxlen=LINES_SHOWN)
    log = logs / f"{script.name}.log"
    try:
        process = subprocess.Popen(
            [str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise InitScriptError(f"{script} cannot be run: {error.strerror}") from error
    assert process.stdout is not None
    copying = threading.Thread(
        target=_copy, args=(process.stdout, log, last_lines), name="init-script", daemon=True
    )
    copying.start()
    exit_code = process.wait()
    copying.join(LAST_OUTPUT_LIMIT_SECONDS)
    if exit_code != 0:
        shown = "".join(f"\n  {line.rstrip()}" for line in list(last_lines))
        raise InitScriptError(f"{script} ended with exit code {exit_code}, after saying:{shown}")


def _copy(output: IO[str], log: Path, last_lines: deque[str]) -> None:
    with output, log.open("w", encoding="utf-8") as file:
        for line in output:
            last_lines.append(line)
            file.write(line)
            file.flush()
            sys.stdout.write(line)
            sys.stdout.flush()
