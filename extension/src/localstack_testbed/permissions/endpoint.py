"""The endpoint ``/_testbed/permissions``, which reports the use of permissions.

``GET`` answers ``{"principals": [{"principal", "permissions", "denied"}]}``: for each principal its
permissions with the number of uses, and its denied requests. ``DELETE`` resets all counts to zero.
"""

from collections.abc import Iterator
from typing import Any

from localstack.http import Request, Response, Router, route

from localstack_testbed.permissions.policies import Policy
from localstack_testbed.permissions.principals import all_roles, policies_of
from localstack_testbed.permissions.usage import Usage
from localstack_testbed.requests.json_bodies import json_response

PATH = "/_testbed/permissions"


def serve(router: Router[Any], usage: Usage) -> None:
    """Add the endpoint to LocalStack's router."""

    @route(PATH, methods=["GET", "DELETE"])
    def permissions(request: Request) -> Response:
        if request.method == "DELETE":
            usage.reset()
            return Response(status=204)
        return json_response({"principals": usage.report(_roles())})

    router.add(permissions)


def _roles() -> Iterator[tuple[str, tuple[Policy, ...]]]:
    for role in all_roles():
        yield role.role["Arn"], tuple(policies_of(role))
