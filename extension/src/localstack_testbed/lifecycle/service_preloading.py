"""Services are loaded while LocalStack waits, and not when the first request wants them.

LocalStack loads a service at its first use, which takes a quarter of a second or more each. Those
that are known to be needed are loaded from the moment it is ready, beside the init scripts: a
process of their own needs as long to start.

Setting: ``TESTBED_PRELOADED_SERVICES`` (names with commas between, in the order of their use; none
by default).
"""

import logging
import os
from threading import RLock, Thread
from typing import Any

from localstack_testbed.hooks.patching import on_infra_ready, patch

LOG = logging.getLogger(__name__)

SERVICES = [name for name in os.environ.get("TESTBED_PRELOADED_SERVICES", "").split(",") if name]


# Before LocalStack's own hook, which runs the init scripts.
@on_infra_ready(should_load=lambda: bool(SERVICES), priority=100)
def preload_services() -> None:
    """Begin to load services, in the background."""
    from localstack.services.plugins import ServicePluginManager

    lock = RLock()

    # Two threads that import modules which import one another may see one half made.
    @patch(ServicePluginManager._load_service_plugin)
    def load(original: Any, *arguments: Any) -> Any:
        with lock:
            return original(*arguments)

    Thread(target=_load, name="service-preloading", daemon=True).start()


def _load() -> None:
    from localstack.aws.spec import get_service_catalog
    from localstack.services.plugins import SERVICE_PLUGINS

    get_service_catalog()
    for name in SERVICES:
        try:
            SERVICE_PLUGINS.require(name)
        except Exception as error:
            LOG.warning("Service %s could not be loaded in advance: %s", name, error)
