"""Responses to malformed and rejected WebSocket handshakes.

LocalStack's server answers a malformed handshake with status 500; here it is 400. It answers a
rejected one from another thread, which Twisted does not allow: the response is delayed until
something else happens. Here it is sent at once.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def answer_handshakes() -> None:
    """Check handshakes before the server reads them, and reject from the server's thread."""
    from rolo.serving.twisted import WebSocketChannel, WebsocketResourceDecorator
    from twisted.internet import reactor as twisted_reactor
    from wsproto import ConnectionType, WSConnection
    from wsproto.utilities import LocalProtocolError, RemoteProtocolError

    reactor: Any = twisted_reactor

    @patch(WebsocketResourceDecorator.render)
    def render(original: Callable[..., Any], self: Any, request: Any) -> Any:
        if (request.getHeader("upgrade") or "").lower() == "websocket":
            headers = [
                (name, value)
                for name, values in request.requestHeaders.getAllRawHeaders()
                for value in values
            ]
            try:
                connection = WSConnection(ConnectionType.SERVER)
                connection.initiate_upgrade_connection(headers, request.path)
            except (LocalProtocolError, RemoteProtocolError) as error:
                request.setResponseCode(400)
                request.setHeader("Content-Type", "text/plain")
                return f"Invalid WebSocket handshake: {error}\n".encode()
        return original(self, request)

    @patch(WebSocketChannel.wsReject)
    def reject(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        reactor.callFromThread(original, self, *args, **kwargs)
