"""LocalStack listens where it is told to, and nowhere else.

LocalStack takes only the port of ``GATEWAY_LISTEN`` and listens on all addresses of the
machine, also when told ``127.0.0.1``, its default: whoever can reach the machine could run code
on it as a Lambda function. With this module it listens on a loopback address when told so.

When the port is taken, LocalStack goes on without it, and its init scripts provision whatever
listens there. With this module it ends.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch

LOG = logging.getLogger(__name__)

EXIT_CODE = 1


def listen_on_loopback() -> None:
    """Patch what makes LocalStack's server listen."""
    from localstack.runtime.server.twisted import TwistedRuntimeServer
    from twisted.internet import reactor as twisted_reactor
    from twisted.internet.error import CannotListenError

    reactor: Any = twisted_reactor

    @patch(TwistedRuntimeServer.register)
    def register(
        original: Callable[..., None], self: Any, gateway: Any, listen: Any, ssl_creds: Any = None
    ) -> None:
        listen_tcp = reactor.listenTCP
        for address in listen:
            host = address.host

            def listen_there(
                port: int, factory: Any, backlog: int = 50, interface: str = "", host: str = host
            ) -> Any:
                loopback = host.startswith("127.") and not interface
                try:
                    return listen_tcp(port, factory, backlog, host if loopback else interface)
                # A socket that another one was faster than fails as it listens, not as it is bound.
                except (CannotListenError, OSError) as error:
                    LOG.error(
                        "LocalStack ends, as it cannot listen on %s:%s: %s", host, port, error
                    )
                    logging.shutdown()
                    os._exit(EXIT_CODE)  # nobody looks at an exception from here

            reactor.listenTCP = listen_there
            try:
                original(self, gateway, [address], ssl_creds)
            finally:
                reactor.listenTCP = listen_tcp
