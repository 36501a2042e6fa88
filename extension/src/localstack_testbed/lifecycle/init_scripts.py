"""Init scripts say what they do: their output is kept in a file, and failures show it.

LocalStack runs the scripts in its init folder
(https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/); of a shell script
that fails it logs the exit code only, and a Python script that calls ``sys.exit`` ends the thread
that runs it. With this module the output of ``NAME.sh`` goes, line by line, to LocalStack's output
as before and to ``init/NAME.sh.log`` in LocalStack's folder of logs, whose last line says how a
script failed, of whatever kind it is; the last lines of a failed shell script are part of the error
that LocalStack logs, too. Requests of those who wait for the scripts are not logged, as LocalStack
does not log requests for its health.
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

# A script may leave a program running that keeps its output open: so long do we wait for more.
LAST_OUTPUT_LIMIT_SECONDS = 1


class InitScriptError(Exception):
    """An init script failed.

    Parameters
    ----------
    reason
        How it failed, in a clause whose subject is the script.
    output
        What it said last.
    """

    def __init__(self, script: Path, reason: str, output: str = "") -> None:
        super().__init__(f"{script} {reason}{output and f', after saying:{output}'}")
        self.reason = reason


def log_init_scripts() -> None:
    """Patch the runners of shell and Python scripts, before the first script runs."""
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
                    raise InitScriptError(script, f"exited with {end.code}") from end


def _is_of_interest(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("GET /_localstack/init")


@contextmanager
def _reported(script: Path) -> Iterator[Path]:
    """Make a new log for a script, whose last words are how it failed, if it does."""
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
    """Run a script to its end, adding its output to a file.

    Raises
    ------
    InitScriptError
        The script cannot be run or its exit code is not 0.
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
        raise InitScriptError(script, f"ended with exit code {exit_code}", shown)


def _copy(output: IO[str], log: Path, last_lines: deque[str]) -> None:
    with output:
        for line in output:
            last_lines.append(line)
            # A full disk must not end the script: nobody else reads what it prints.
            with suppress(OSError), log.open("a", encoding="utf-8") as file:
                file.write(line)
            with suppress(OSError):
                sys.stdout.write(line)
                sys.stdout.flush()
