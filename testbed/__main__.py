"""The command ``testbed``."""

from __future__ import annotations

import io
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.errors import TestbedError

_EXIT_FAILURE = 1
# What a shell reports of a program that a signal ended: 128 + the signal's number.
_EXIT_INTERRUPTED = 128 + signal.SIGINT
_EXIT_TERMINATED = 128 + signal.SIGTERM


def main() -> None:
    """Run the command line, with one clear message for whatever can be expected to go wrong."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Characters that the terminal's encoding lacks (✓, →) must not end the command.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run()
    except KeyboardInterrupt:
        status = _EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        sys.stderr.close()
        status = _EXIT_FAILURE
    sys.exit(status)


def _run() -> int:
    import click

    from testbed.commands.main import testbed
    from testbed.errors import TestbedError
    from testbed.terminal import console

    try:
        testbed.main(standalone_mode=False)
        if sys.stdout is not None:  # it is None where it was closed before the start
            sys.stdout.flush()  # here, where a full disk can still be reported
    except TestbedError as error:
        console.fail(error)
        return _EXIT_FAILURE
    except click.ClickException as error:
        console.fail_usage(error)
        return error.exit_code
    except click.Abort:  # click's word for Ctrl-C
        console.progress.print("Interrupted.")
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        # What boto3 and requests say is meant for people; anything else is a defect of ours.
        expected = _expected_failure(error)
        if expected is None:
            console.fail_unexpectedly(error)
        else:
            console.fail(expected)
        return _EXIT_FAILURE
    return 0


def _expected_failure(error: Exception) -> TestbedError | None:
    """Return an error of an AWS API, of the way to it, or of the file system, as one of ours."""
    from botocore.exceptions import BotoCoreError, ClientError
    from requests import RequestException

    from testbed.errors import TestbedError
    from testbed.machine.file_errors import explained

    if isinstance(error, ClientError | BotoCoreError | RequestException):
        return TestbedError(f"{error}")
    return explained(error) if isinstance(error, OSError) else None


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Leave as on Ctrl-C, so that nothing that was started stays behind."""
    raise SystemExit(_EXIT_TERMINATED)


if __name__ == "__main__":
    main()
