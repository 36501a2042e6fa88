"""Entry point of the command ``testbed``: exit statuses, signals and unexpected errors."""

from __future__ import annotations

import io
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from testbed.errors import TestbedError

_EXIT_FAILURE = 1
# The exit status of a program that was ended by a signal, as in a shell: 128 + the signal.
_EXIT_INTERRUPTED = 128 + signal.SIGINT
_EXIT_TERMINATED = 128 + signal.SIGTERM


def main() -> None:
    """Run the command line, and print one clear message for each expected error."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Characters that the terminal's encoding lacks (✓, →) must not raise an error.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = _run()
    except KeyboardInterrupt:
        status = _EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader has closed the pipe, as `head` does
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
        if sys.stdout is not None:  # None if it was closed before the start
            sys.stdout.flush()  # now, so that a full disk can still be reported
    except TestbedError as error:
        console.fail(error)
        return _EXIT_FAILURE
    except click.ClickException as error:
        console.fail_usage(error)
        return error.exit_code
    except click.Abort:  # Ctrl-C at a prompt of click
        console.progress.print("Interrupted.")
        return _EXIT_INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        # The messages of boto3 and requests are readable; any other error is a bug of the testbed.
        expected = _expected_failure(error)
        if expected is None:
            console.fail_unexpectedly(error)
        else:
            console.fail(expected)
        return _EXIT_FAILURE
    return 0


def _expected_failure(error: Exception) -> TestbedError | None:
    """Convert an error of an AWS API, the network or the file system to a TestbedError."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NoConnectionError
    from requests import RequestException

    from testbed.control.endpoint import NO_ANSWER_ADVICE
    from testbed.errors import TestbedError
    from testbed.machine.file_errors import explained

    if isinstance(error, HTTPClientError | NoConnectionError):
        return TestbedError(f"{error}", advice=NO_ANSWER_ADVICE)
    if isinstance(error, ClientError | BotoCoreError | RequestException):
        return TestbedError(f"{error}")
    return explained(error) if isinstance(error, OSError) else None


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    """Exit as on Ctrl-C, so that everything that was started is stopped."""
    raise SystemExit(_EXIT_TERMINATED)


if __name__ == "__main__":
    main()
