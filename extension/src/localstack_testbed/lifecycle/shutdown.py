"""LocalStack's exit after its shutdown.

A service that is loaded during the shutdown is started and never stopped, and its threads keep the
process alive forever. It happens if LocalStack is stopped soon after the first invocation of a
function, which loads CloudWatch. Here the process exits when LocalStack has completed its shutdown.

It also exits without delay: LocalStack stops its server's event loop from another thread without
waking it, so that the loop may take up to a second to notice
(https://docs.twisted.org/en/stable/core/howto/threading.html).
"""

import logging
import os
import sys
from collections.abc import Callable
from typing import Any

from localstack.runtime.runtime import LocalstackRuntime

from localstack_testbed.hooks.patching import patch


def exit_after_shutdown() -> None:
    """Wake the server when it shuts down, and exit when the runtime returns."""
    from localstack.runtime.server.twisted import TwistedRuntimeServer
    from twisted.internet import reactor as twisted_reactor

    reactor: Any = twisted_reactor

    @patch(TwistedRuntimeServer.shutdown)
    def shutdown(original: Callable[[Any], None], self: Any) -> None:
        original(self)
        reactor.wakeUp()

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
