"""Logs of init scripts, with the reason if one fails.

LocalStack runs the scripts in its init folder
(https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/). If a shell script
fails, LocalStack logs only the exit code; a Python script that calls ``sys.exit`` stops the thread
that runs it. Here the output of ``NAME.sh`` is copied, line by line, to LocalStack's output and to
``init/NAME.sh.log`` in its folder of logs. The last line of that file says how a script of either
kind failed. The error that LocalStack logs contains the last lines of a failed shell script.

Requests for the state of the scripts are not logged, just as LocalStack does not log requests for
its health.
"""

import logging
import os
import subprocess
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from localstack import config
from localstack.runtime.init import PythonScriptRunner, ShellScriptRunner

from localstack_testbed.hooks.patching import patch
from localstack_testbed.lifecycle.init_logs import log_of

LINES_SHOWN = 20

# How long to wait for more output: a program that the script left running may keep it open.
LAST_OUTPUT_LIMIT_SECONDS = 1


class InitScriptError(Exception):
    """An init script failed.

    Parameters
    ----------
    reason
        How it failed, as a clause whose subject is the script.
    output
        The last lines of its output.
    """

    def __init__(self, script: Path, reason: str, output: str = "") -> None:
        super().__init__(f"{script} {reason}{output and f'. Its last output:{output}'}")
        self.reason = reason


def log_init_scripts() -> None:
    """Replace how shell and Python scripts are run."""
    logging.getLogger("localstack.request.http").addFilter(_is_of_interest)

    @patch(ShellScriptRunner.run, pass_target=False)
    def run_shell_script(self: Any, path: str) -> None:
        script = Path(path)
        with _reported(script) as log:
            run_script(script, log)

    @patch(PythonScriptRunner.run)
    def run_python_script(original: Callable[[Any, str], None], self: Any, path: str) -> None:
        script = Path(path)
        with _reported(script):
            try:
                original(self, path)
            except SystemExit as end:
                if end.code not in (None, 0):
                    raise InitScriptError(script, f"exited with status {end.code}") from end


def _is_of_interest(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("GET /_localstack/init")


@contextmanager
def _reported(script: Path) -> Iterator[Path]:
    """Create the log of a script; if the script fails, append the reason."""
    log = log_of(script.name, Path(config.dirs.logs))
    with suppress(OSError):  # a full disk must not keep the script from running
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_bytes(b"")
    try:
        yield log
    except Exception as error:
        reason = error.reason if isinstance(error, InitScriptError) else traceback.format_exc()
        with suppress(OSError), log.open("a", encoding="utf-8") as file:
            file.write(f"{script.name} {reason.rstrip()}\n")
        raise


def run_script(script: Path, log: Path) -> None:
    """Run a script, and append its output to a file.

    Raises
    ------
    InitScriptError
        If the script cannot be run, or its exit code is not 0.
    """
    if not os.access(script, os.X_OK):
        raise InitScriptError(script, "is not executable: run chmod +x on it")
    last_lines: deque[str] = deque(maxlen=LINES_SHOWN)
    try:
        process = subprocess.Popen(
            [str(script)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise InitScriptError(script, f"cannot be run: {error.strerror}") from error
    assert process.stdout is not None
    copying = threading.Thread(
        target=_copy, args=(process.stdout, log, last_lines), name="init-script", daemon=True
    )
    copying.start()
    exit_code = process.wait()
    copying.join(LAST_OUTPUT_LIMIT_SECONDS)
    if exit_code != 0:
        shown = "".join(f"\n  {line.rstrip()}" for line in list(last_lines))
        raise InitScriptError(script, f"exited with status {exit_code}", shown)


def _copy(output: IO[str], log: Path, last_lines: deque[str]) -> None:
    with output:
        for line in output:
            last_lines.append(line)
            # A full disk must not end the script: without a reader it would get SIGPIPE.
            with suppress(OSError), log.open("a", encoding="utf-8") as file:
                file.write(line)
            with suppress(OSError):
                sys.stdout.write(line)
                sys.stdout.flush()
