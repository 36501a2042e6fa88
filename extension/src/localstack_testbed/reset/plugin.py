"""Start of the reset with LocalStack: its endpoints, and the handlers that count requests."""

from functools import cache
from typing import TYPE_CHECKING

from localstack_testbed.hooks.settings import SCHEDULES

if TYPE_CHECKING:
    from localstack_testbed.reset.states import States
    from localstack_testbed.schedules.registry import Schedules


def start_reset() -> None:
    """Serve the endpoints, and watch the requests."""
    from localstack.services.edge import ROUTER

    from localstack_testbed.requests.callers import ENVIRONMENT_CREDENTIALS
    from localstack_testbed.reset.endpoint import serve
    from localstack_testbed.reset.traffic import Traffic, watch_traffic
    from localstack_testbed.timing.activity import ACTIVITY

    watch_traffic(Traffic(ACTIVITY, ENVIRONMENT_CREDENTIALS))
    serve(ROUTER, _states)


@cache
def _states() -> "States":
    # Imported when it is used: it takes long, and a start should not.
    from localstack_testbed.reset.states import States
    from localstack_testbed.timing.activity import ACTIVITY

    return States(ACTIVITY, _schedules)


def _schedules() -> "Schedules | None":
    from localstack_testbed.schedules.registry import schedules

    return schedules() if SCHEDULES.value() else None
