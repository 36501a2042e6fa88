"""The rules, to be put, looked at and removed by tests: ``/_testbed/faults``.

``PUT /_testbed/faults/ID`` or ``PUT /_testbed/faults`` with a rule
    Adds the rule, or replaces the one of that id; without an id, it gets one. Answers with the
    rule as it is shown. A rule has an ``action`` and a ``service``, and may have ``operation``,
    ``resource``, ``caller``, ``share``, ``seed``, ``next``, and what belongs to its action:

    - ``error``: ``code``, and ``status``, ``message``, ``after_call``;
    - ``throttle``: ``message``;
    - ``delay``: ``seconds``;
    - ``duplicate``, ``reorder`` (``seconds``): of messages of a standard queue;
    - ``kill``: ``seconds``.
``GET /_testbed/faults`` and ``GET /_testbed/faults/ID``
    ``{"faults": [rule]}``, in the order in which they were put, or one rule. Each has ``seen``,
    the calls that matched, ``hits``, those that the fault happened to, and ``spent``.
``DELETE /_testbed/faults`` and ``DELETE /_testbed/faults/ID``
    Removes all rules, or one: ``{"removed": [rule]}``.

A rule that makes no sense is answered with status 400, an unknown id with 404, both with
``{"message"}``.
"""

import json
from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.faults.parsing import InvalidRuleError
from localstack_testbed.faults.registry import Registry


class FaultsEndpoint:
    """What is served below ``/_testbed/faults``."""

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
        return _answer({"faults": self._registry.listed()})

    @route("/_testbed/faults/<identity>", methods=["GET"])
    def show(self, request: Request, identity: str) -> Response:
        rule = self._registry.get(identity)
        return _unknown(identity) if rule is None else _answer(rule)

    @route("/_testbed/faults", methods=["DELETE"])
    def remove_all(self, request: Request) -> Response:
        return _answer({"removed": self._registry.remove()})

    @route("/_testbed/faults/<identity>", methods=["DELETE"])
    def remove(self, request: Request, identity: str) -> Response:
        removed = self._registry.remove(identity)
        return _answer({"removed": removed}) if removed else _unknown(identity)

    def _put(self, request: Request, identity: str | None) -> Response:
        try:
            return _answer(self._registry.put(_body(request), identity))
        except InvalidRuleError as error:
            return _answer({"message": str(error)}, status=400)


def serve(router: Router[Any], registry: Registry) -> None:
    """Add the endpoint to LocalStack's gateway."""
    router.add(FaultsEndpoint(registry))


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data(as_text=True) or "null")
    except (ValueError, RecursionError) as error:
        raise InvalidRuleError(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidRuleError("the body is not a JSON object")
    return body


def _unknown(identity: str) -> Response:
    return _answer({"message": f"there is no fault {identity}"}, status=404)


def _answer(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content), status=status, mimetype="application/json")
