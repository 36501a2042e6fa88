"""Clients without retries, for services that have their own retry policy.

The clients of LocalStack's services retry failed calls by the SDK's defaults. That hides failures
that AWS's service would see, and adds pauses.
"""

from typing import Any

from botocore.config import Config  # type: ignore[import-untyped]
from localstack.aws.connect import connect_to

_ONCE: Any = Config(retries={"total_max_attempts": 1})


class SingleAttempts:
    """Makes clients as LocalStack's ``connect_to`` does, but without retries."""

    def __call__(self, **arguments: Any) -> Any:
        return connect_to(config=_ONCE, **arguments)

    def with_assumed_role(self, **arguments: Any) -> Any:
        return connect_to.with_assumed_role(config=_ONCE, **arguments)
