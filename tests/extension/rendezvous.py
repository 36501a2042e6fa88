"""A rendezvous of running functions and their test, over a socket.

Functions are isolated and share no files with the test.
"""

import socket
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

ARRIVAL_LIMIT_SECONDS = 20.0

# Source for functions: send a word to the test, and block until the test releases the function.
ARRIVE = textwrap.dedent(
    """
    import socket

    def meet(port, word=""):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{word}\\n".encode())
            connection.recv(1)
    """
)


class Rendezvous:
    """The test's side: functions arrive and block until they are released."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._waiting: list[socket.socket] = []
        self.port: int = listener.getsockname()[1]

    def wait_for_arrival(self) -> str:
        """Wait for the next function, and return its word."""
        connection, _ = self._listener.accept()
        connection.settimeout(ARRIVAL_LIMIT_SECONDS)
        self._waiting.append(connection)
        with connection.makefile("r") as words:
            return words.readline().strip()

    def release(self) -> None:
        """Release all functions that have arrived."""
        while self._waiting:
            self._waiting.pop().close()


@contextmanager
def rendezvous() -> Iterator[Rendezvous]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(ARRIVAL_LIMIT_SECONDS)
        place = Rendezvous(listener)
        try:
            yield place
        finally:
            place.release()
