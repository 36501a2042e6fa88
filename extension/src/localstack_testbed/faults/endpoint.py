"""HTTP endpoint of the fault rules: ``/_testbed/faults``.

``PUT /_testbed/faults/ID``
    Add the rule in the body, or replace the rule with this ID. ``rule.json`` defines its fields.
    Respond with the rule.
``PUT /_testbed/faults``
    Add the rule in the body with a new id.
``GET /_testbed/faults`` and ``GET /_testbed/faults/ID``
    Respond with ``{"faults": [rule]}`` in the order in which they were added, or with one rule.
    Each also has its ``id``, ``seen`` (the number of calls that matched), ``hits`` (the number of
    calls that the fault was injected into) and ``spent`` (whether it has hit ``next`` calls).
``DELETE /_testbed/faults`` and ``DELETE /_testbed/faults/ID``
    Remove all rules, or one: ``{"removed": [rule]}``.

The status is 400 for an invalid rule and 404 for an unknown id, both with ``{"message"}``.
"""

from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.faults.parsing import InvalidRuleError
from localstack_testbed.faults.registry import Registry
from localstack_testbed.requests.json_bodies import InvalidBodyError, json_body, json_response


class FaultsEndpoint:
    """Routes below ``/_testbed/faults``."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    @route("/_testbed/faults", methods=["PUT"])
    def put_new(self, request: Request) -> Response:
        return self._put(request, None)

    @route("/_testbed/faults/<identity>", methods=["PUT"])
    def put(self, request: Request, identity: str) -> Response:
        return self._put(request, identity)

    @route("/_testbed/faults", methods=["GET"])
    def show_all(self, request: Request) -> Response:
        return json_response({"faults": self._registry.listed()})

    @route("/_testbed/faults/<identity>", methods=["GET"])
    def show(self, request: Request, identity: str) -> Response:
        rule = self._registry.get(identity)
        return _not_found(identity) if rule is None else json_response(rule)

    @route("/_testbed/faults", methods=["DELETE"])
    def remove_all(self, request: Request) -> Response:
        return json_response({"removed": self._registry.remove()})

    @route("/_testbed/faults/<identity>", methods=["DELETE"])
    def remove(self, request: Request, identity: str) -> Response:
        removed = self._registry.remove(identity)
        return json_response({"removed": removed}) if removed else _not_found(identity)

    def _put(self, request: Request, identity: str | None) -> Response:
        try:
            return json_response(self._registry.put(json_body(request), identity))
        except (InvalidBodyError, InvalidRuleError) as error:
            return json_response({"message": str(error)}, status=400)


def serve(router: Router[Any], registry: Registry) -> None:
    """Add the endpoint to LocalStack's gateway."""
    router.add(FaultsEndpoint(registry))


def _not_found(identity: str) -> Response:
    return json_response({"message": f"there is no fault {identity!r}"}, status=404)
