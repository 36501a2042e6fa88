"""LocalStack ends when it has shut down.

A service that is being loaded while LocalStack shuts down is started and never stopped, and its
threads keep the process alive for good: it happens when LocalStack is stopped soon after the
first invocation of a function, which loads CloudWatch. With this module the process ends after
LocalStack has done all that it does on shutdown.

Setting: ``TESTBED_SHUTDOWN`` (``0`` switches the module off).
"""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from localstack.runtime.runtime import LocalstackRuntime

from localstack_testbed.decorators import on_infra_start, patch
from localstack_testbed.switches import switch


@on_infra_start(should_load=switch("TESTBED_SHUTDOWN"))
def end_after_shutdown() -> None:
    """Patch the last step of the runtime, which runs in the main thread."""

    @patch(LocalstackRuntime._on_return)
    def on_return(original: Callable[[Any], None], self: Any) -> None:
        failing = sys.exc_info()[0] is not None
        original(self)
        if failing:
            return
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(self.exit_code)
