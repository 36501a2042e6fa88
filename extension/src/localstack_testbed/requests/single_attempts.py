"""Clients that make each call once: the service that calls repeats it by its own rules, if at all.

The clients of LocalStack's services repeat failed calls as an SDK does by default. That hides a
failure which AWS's service would see, and adds pauses of its own.
"""

from typing import Any

from botocore.config import Config  # type: ignore[import-untyped]
from localstack.aws.connect import connect_to

_ONCE: Any = Config(retries={"total_max_attempts": 1})


class SingleAttempts:
    """Makes clients as LocalStack's ``connect_to`` does, but for the repetitions."""

    def __call__(self, **arguments: Any) -> Any:
        return connect_to(config=_ONCE, **arguments)

    def with_assumed_role(self, **arguments: Any) -> Any:
        return connect_to.with_assumed_role(config=_ONCE, **arguments)
