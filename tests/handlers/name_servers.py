"""Name servers of an attacker."""

import socket
from typing import Any

import pytest


class Names:
    """Name servers that attackers control: what a name resolves to is up to the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._real = socket.getaddrinfo
        self.answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        monkeypatch.setattr(socket, "getaddrinfo", self._getaddrinfo)

    def _getaddrinfo(self, host: bytes | str, port: int, *args: Any, **options: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self.answers:
            return self._real(host, port, *args, **options)
        self.asked.append(name)
        return [
            info
            for address in self.answers[name].pop(0)
            for info in self._real(address, port, type=socket.SOCK_STREAM)
        ]
