"""LocalStack listens where it is told to, and nowhere else.

LocalStack 4.14 takes only the port of ``GATEWAY_LISTEN`` and listens on all addresses of the
machine, also when told ``127.0.0.1``, its default: whoever can reach the machine could run code
on it as a Lambda function. With this module it listens on a loopback address when told so.

Setting: ``TESTBED_GATEWAY`` (``0`` switches the module off).
"""

from collections.abc import Callable
from typing import Any

from localstack.utils.patch import Patch

from localstack_testbed.decorators import on_infra_start, patch
from localstack_testbed.switches import switch


@on_infra_start(should_load=switch("TESTBED_GATEWAY"))
def listen_on_loopback() -> None:
    """Patch what makes LocalStack's server listen."""
    from localstack.runtime.server.twisted import TwistedRuntimeServer
    from twisted.internet import reactor as twisted_reactor

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
                return listen_tcp(port, factory, backlog, host if loopback else interface)

            with Patch(reactor, "listenTCP", listen_there):
                original(self, gateway, [address], ssl_creds)
