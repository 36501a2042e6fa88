"""Counts of used permissions and denied requests, by principal.

The journal cannot provide them: it is bounded, and omits what services do internally, such as
polling a queue with a function's role.
"""

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from localstack_testbed.permissions.denials import denial_message
from localstack_testbed.permissions.evaluation import IDENTITY, Decision, Principal, Request
from localstack_testbed.permissions.policies import Policy

MAX_DENIALS = 1000


@dataclass
class Denial:
    """A denied request, the error message, and how often it was denied."""

    action: str
    resource: str | None
    message: str
    count: int = 0


class Usage:
    """Counts used permissions of roles, and denied requests of all principals."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: Counter[tuple[str, str, str, str]] = Counter()
        self._denied: dict[tuple[str, str, str | None], Denial] = {}

    def add(self, principal: Principal, request: Request, decision: Decision) -> None:
        """Count a decision."""
        who, match = principal.role or principal.arn, decision.match
        with self._lock:
            if not decision.allowed:
                key = (who, request.action, request.resource)
                if key in self._denied or len(self._denied) < MAX_DENIALS:
                    message = denial_message(principal, request, decision)
                    denial = Denial(request.action, request.resource, message)
                    self._denied.setdefault(key, denial).count += 1
            elif match is not None and decision.kind == IDENTITY:
                self._used[(who, match.policy.name, match.action, match.resource)] += 1

    def reset(self) -> None:
        """Reset all counts to zero."""
        with self._lock:
            self._used.clear()
            self._denied.clear()

    def report(self, roles: Iterable[tuple[str, Iterable[Policy]]]) -> list[dict[str, Any]]:
        """Return all roles with their permissions and counts, and all denied requests."""
        with self._lock:
            used = self._used.copy()
            denied: dict[str, list[dict[str, Any]]] = {}
            for (who, _, _), each in self._denied.items():
                denied.setdefault(who, []).append(dict(vars(each)))
        report = []
        for role, policies in roles:
            permissions = [
                {
                    "policy": policy.name,
                    "action": action,
                    "resource": resource,
                    "used": used[(role, policy.name, action, resource)],
                }
                for policy in policies
                for action, resource in dict.fromkeys(policy.permissions)
            ]
            others = denied.pop(role, [])
            report.append({"principal": role, "permissions": permissions, "denied": others})
        report += [
            {"principal": who, "permissions": [], "denied": each} for who, each in denied.items()
        ]
        return report
