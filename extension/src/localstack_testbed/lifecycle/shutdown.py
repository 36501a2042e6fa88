"""LocalStack ends when it has shut down.

A service that is being loaded while LocalStack shuts down is started and never stopped, and its
threads keep the process alive for good: it happens when LocalStack is stopped soon after the
first invocation of a function, which loads CloudWatch. With this module the process ends after
LocalStack has done all that it does on shutdown.

It ends at once, too: LocalStack stops its server's event loop from another thread without waking
it, so that up to a second passes until the loop notices
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
    """Patch the last steps: of the server, and of the runtime, which runs in the main thread."""
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
