"""The one release of LocalStack that the extension's modules are made for.

They replace parts of LocalStack that no other release promises to have. In another one all of them
stay off, and LocalStack is as it comes.
"""

import logging
import os
from functools import cache
from importlib.metadata import version

from localstack.runtime import hooks
from localstack.runtime.exceptions import LocalstackExit

LOG = logging.getLogger(__name__)

SUPPORTED = "2026.3.0"


@cache
def is_supported() -> bool:
    """Return whether this LocalStack is the one that the extension is made for."""
    return _running() == SUPPORTED


def _running() -> str:
    return version("localstack-core")


@hooks.on_infra_start(should_load=lambda: not is_supported())  # type: ignore[untyped-decorator]
def warn_unsupported_release() -> None:
    """Say that the extension is off, and end LocalStack if it cannot do without."""
    if os.environ.get("LAMBDA_RUNTIME_EXECUTOR") == "process":
        raise LocalstackExit(
            f"The Lambda executor `process` needs LocalStack {SUPPORTED}, and this is {_running()}:"
            " set LAMBDA_RUNTIME_EXECUTOR=docker, and mount Docker's socket.",
            code=1,
        )
    LOG.warning(
        "The testbed's extension is made for LocalStack %s, and this is %s: all of it is off.",
        SUPPORTED,
        _running(),
    )
