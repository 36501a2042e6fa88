"""The address on which LocalStack listens.

LocalStack uses only the port of ``GATEWAY_LISTEN`` and listens on all addresses of the machine,
even for ``127.0.0.1``, its default. Everyone who can reach the machine could run code on it as a
Lambda function. Here LocalStack listens on the loopback address that is configured.

If the port is in use, LocalStack continues without it, and its init scripts deploy to the program
that listens there. Here LocalStack exits.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch

LOG = logging.getLogger(__name__)

EXIT_CODE = 1


def listen_on_loopback() -> None:
    """Bind each port to its configured loopback address, or exit."""
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
                # If another process was faster, listening fails, and not binding.
                except (CannotListenError, OSError) as error:
                    LOG.error("LocalStack exits: it cannot listen on %s:%s: %s", host, port, error)
                    logging.shutdown()
                    os._exit(EXIT_CODE)  # an exception would be ignored

            reactor.listenTCP = listen_there
            try:
                original(self, gateway, [address], ssl_creds)
            finally:
                reactor.listenTCP = listen_tcp
