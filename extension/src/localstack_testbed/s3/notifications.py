"""The notifications of S3, which are sent in the background. A reset waits until they are sent."""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.timing.activity import ACTIVITY


def patch_dispatcher() -> None:
    """Count the notifications that are being sent."""
    from localstack.services.s3.notifications import NotificationDispatcher

    @patch(NotificationDispatcher.__init__)
    def init(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.executor.submit = ACTIVITY.counted(self.executor.submit)
