"""Client of the endpoint of fault rules, for tests of the extension."""

from typing import Any

from tests.extension.control import call


class FaultRules:
    """Fault rules, which a fixture removes after the test."""

    def __init__(self, endpoint: str) -> None:
        self._url = f"{endpoint}/_testbed/faults"
        self._put: list[str] = []

    def put(self, action: str, service: str, identity: str = "", **fields: Any) -> str:
        """Add a rule, and return its id."""
        shown = self.call("PUT", identity, {"action": action, "service": service, **fields})
        if shown["id"] not in self._put:
            self._put.append(shown["id"])
        return str(shown["id"])

    def show(self, identity: str) -> dict[str, Any]:
        return self.call("GET", identity)

    def hits(self, identity: str) -> int:
        return int(self.show(identity)["hits"])

    def remove(self, identity: str) -> None:
        self._put.remove(identity)
        self.call("DELETE", identity)

    def remove_all(self) -> None:
        while self._put:
            self.call("DELETE", self._put.pop())

    def call(self, method: str, identity: str = "", body: Any = None) -> dict[str, Any]:
        """Make any request; raise ErrorResponse for an error."""
        url = f"{self._url}/{identity}" if identity else self._url
        return call(method, url, body)
