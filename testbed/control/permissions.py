"""What roles' permissions were used for, as our extension of LocalStack counts it.

::

    permissions = Permissions(endpoint_url)
    permissions.forget()
    ...
    for each in permissions.principals():
        print(each.name, [one.action for one in each.permissions if not one.used])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testbed.control.endpoint import Endpoint, LacksFeatureError


@dataclass(frozen=True)
class Permission:
    """An action on a resource that a policy of a role allows, and how often it was used."""

    policy: str
    action: str
    resource: str
    used: int


@dataclass(frozen=True)
class Denial:
    """A denied request: what was denied, AWS's message, and how often it was denied."""

    action: str
    resource: str | None
    message: str
    count: int


@dataclass(frozen=True)
class PrincipalUsage:
    """A role by its ARN, with its permissions; or a user or a service with denied requests.

    Examples
    --------
    ::

        from testbed import Permissions, PrincipalUsage, Stack


        def test_worker_may_only_send_orders(stack: Stack, permissions: Permissions) -> None:
            def role_of(usage: PrincipalUsage) -> bool:
                return usage.name == stack.resource("WorkerRole")

            [worker] = filter(role_of, permissions.principals())
            assert [permission.action for permission in worker.unused] == ["sqs:SendMessage"]
    """

    arn: str
    permissions: tuple[Permission, ...]
    denied: tuple[Denial, ...]

    @property
    def name(self) -> str:
        """The name in the ARN, or of the service."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def unused(self) -> list[Permission]:
        """Candidates for removal: allowed, and not used so far."""
        return [each for each in self.permissions if not each.used]


class Permissions:
    """The counts behind an endpoint, since it started or they were forgotten.

    Examples
    --------
    ::

        from testbed import Permissions

        permissions = Permissions(endpoint_url)
        permissions.forget()
        for usage in permissions.principals():
            assert not any(permission.used for permission in usage.permissions)
    """

    def __init__(self, endpoint: Endpoint | str) -> None:
        self._endpoint = Endpoint.of(endpoint)

    def principals(self) -> list[PrincipalUsage]:
        """Return all roles, and the users and services with denied requests.

        Raises
        ------
        TestbedError
            If the endpoint does not answer, or enforces no permissions.
        """
        return [
            PrincipalUsage(
                arn=each["principal"],
                permissions=tuple(Permission(**one) for one in each["permissions"]),
                denied=tuple(Denial(**one) for one in each["denied"]),
            )
            for each in self._request("GET")["principals"]
        ]

    def forget(self) -> None:
        """Count from nothing.

        Raises
        ------
        TestbedError
            If the endpoint does not answer, or enforces no permissions.
        """
        self._request("DELETE")

    def _request(self, method: str) -> Any:
        lacks = LacksFeatureError(
            f"No permissions are enforced at {self._endpoint.url}.",
            advice="Start it with ENFORCE_IAM=1, as testbed up does by itself.",
        )
        return self._endpoint.request(method, "/_testbed/permissions", lacks=lacks)
