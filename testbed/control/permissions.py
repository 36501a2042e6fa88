"""Client of the emulator's counts of how often each permission was used, and each call denied.

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
    """An action on a resource that a role's policy allows, and how often it was used."""

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
    """A role with its permissions; or a user or a service, if calls of it were denied.

    Parameters
    ----------
    arn
        The ARN of the role or user, or the service's name.

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
        """The name of the role, user or service."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def unused(self) -> list[Permission]:
        """The permissions that were never used: candidates for removal."""
        return [each for each in self.permissions if not each.used]


class Permissions:
    """The counts of an emulator, since it started or :meth:`forget` was called.

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
        """Return all roles, and the users and services whose calls were denied.

        Raises
        ------
        TestbedError
            If the emulator does not answer, or does not enforce permissions.
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
        """Set all counts to zero.

        Raises
        ------
        TestbedError
            If the emulator does not answer, or does not enforce permissions.
        """
        self._request("DELETE")

    def _request(self, method: str) -> Any:
        lacks = LacksFeatureError(
            f"The emulator at {self._endpoint.url} does not enforce permissions.",
            advice="Start it with ENFORCE_IAM=1, which is the default of `testbed up`.",
        )
        return self._endpoint.request(method, "/_testbed/permissions", lacks=lacks)
