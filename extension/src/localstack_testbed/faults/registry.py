"""Registry of the fault rules, which decides for each call which of them hit it."""

import logging
import threading
import uuid
from typing import Any

from localstack_testbed.faults.definition import Action
from localstack_testbed.faults.parsing import InvalidRuleError, parse, to_json
from localstack_testbed.faults.rules import Rule
from localstack_testbed.journal.causes import current_causes
from localstack_testbed.journal.journal import record
from localstack_testbed.requests.calls import Call

LOG = logging.getLogger(__name__)

RULES_LIMIT = 1000


class Registry:
    """All rules, in the order in which they were added.

    ``active`` are the rules that are not spent. Without any, looking at this empty tuple is all
    that a call costs.
    """

    def __init__(self) -> None:
        self.active: tuple[Rule, ...] = ()
        self._rules: dict[str, Rule] = {}
        self._lock = threading.Lock()

    def put(self, body: dict[str, Any], identity: str | None = None) -> dict[str, Any]:
        """Add a rule, or replace the one with this id; return its JSON representation.

        Raises
        ------
        InvalidRuleError
            If the rule is invalid, or there are too many.
        """
        rule = parse(identity or f"fault-{uuid.uuid4().hex[:8]}", body)
        with self._lock:
            if rule.id not in self._rules and len(self._rules) >= RULES_LIMIT:
                raise InvalidRuleError(f"there are {RULES_LIMIT} rules already; remove some first")
            self._mark_removed(self._rules.pop(rule.id, None))
            self._rules[rule.id] = rule
            self._refresh()
            return to_json(rule)

    def listed(self) -> list[dict[str, Any]]:
        """Return all rules, also the spent ones."""
        with self._lock:
            return [to_json(rule) for rule in self._rules.values()]

    def get(self, identity: str) -> dict[str, Any] | None:
        """Return the rule with this id."""
        with self._lock:
            rule = self._rules.get(identity)
            return to_json(rule) if rule else None

    def remove(self, identity: str | None = None) -> list[dict[str, Any]]:
        """Remove the rule with this id, or all; return the removed rules."""
        with self._lock:
            chosen = list(self._rules) if identity is None else [identity]
            removed = [rule for each in chosen if (rule := self._rules.pop(each, None))]
            for rule in removed:
                self._mark_removed(rule)
            self._refresh()
            return [to_json(rule) for rule in removed]

    def hit(self, call: Call, *actions: Action, named_caller: bool = False) -> list[Rule]:
        """Count a call, and return the rules with one of the actions that hit it.

        With ``named_caller``, rules that match every caller are left out.
        """
        if not self.active:
            return []
        with self._lock:
            hits = [
                rule
                for rule in self.active
                if rule.action in actions
                and (rule.caller or not named_caller)
                and rule.matches(call)
                and rule.decide()
            ]
            if any(rule.spent for rule in hits):
                self._refresh()
        for rule in hits:
            _log_hit(rule, call)
        return hits

    def _refresh(self) -> None:
        self.active = tuple(rule for rule in self._rules.values() if not rule.spent)

    def _mark_removed(self, rule: Rule | None) -> None:
        if rule is not None:
            rule.removed.set()


def _log_hit(rule: Rule, call: Call) -> None:
    """Log a hit, and add it to the journal."""
    LOG.info(
        "fault %s: %s of %s.%s on %s by %s",
        rule.id,
        rule.action,
        call.service,
        call.operation,
        call.resources[0] if call.resources else "-",
        call.caller or "-",
    )
    record(
        "fault",
        causes=current_causes(),
        rule=rule.id,
        action=rule.action,
        service=call.service,
        operation=call.operation,
        resource=call.resources[0] if call.resources else None,
        caller=call.caller,
    )


FAULTS = Registry()
