"""The one release of LocalStack that the extension works with.

The extension replaces parts of LocalStack that another release need not have. In any other release
all of it stays off.
"""

import logging
import os
from functools import cache
from importlib.metadata import version

from localstack.runtime.exceptions import LocalstackExit

from localstack_testbed.hooks.settings import LAMBDA_RUNTIME_EXECUTOR

LOG = logging.getLogger(__name__)

SUPPORTED = "2026.3.0"


@cache
def is_supported() -> bool:
    """Return whether this is the release that the extension works with."""
    return _running() == SUPPORTED


def _running() -> str:
    return version("localstack-core")


def warn_unsupported() -> None:
    """Log that the extension is off.

    Raises
    ------
    LocalstackExit
        If the executor ``process`` is selected: LocalStack cannot run functions without it.
    """
    if os.environ.get(LAMBDA_RUNTIME_EXECUTOR.name) == "process":  # it may know other executors
        raise LocalstackExit(
            f"The Lambda executor `process` needs LocalStack {SUPPORTED}, and this is {_running()}:"
            " set LAMBDA_RUNTIME_EXECUTOR=docker, and mount Docker's socket.",
            code=1,
        )
    LOG.warning(
        "The testbed's extension works with LocalStack %s only, and this is %s: all of it is off.",
        SUPPORTED,
        _running(),
    )
