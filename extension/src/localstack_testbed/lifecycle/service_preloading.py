"""Services are loaded while LocalStack waits, and not when the first request wants them.

LocalStack loads a service at its first use, which takes a quarter of a second or more each. Those
that are known to be needed are loaded from the moment it is ready, beside the init scripts: a
process of their own needs as long to start.
"""

import logging
from threading import RLock, Thread
from typing import Any

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.settings import PRELOADED_SERVICES

LOG = logging.getLogger(__name__)


def preload_services() -> None:
    """Begin to load the services that the setting names, in the background."""
    names = PRELOADED_SERVICES.value()
    if not names:
        return
    from localstack.services.plugins import ServicePluginManager

    lock = RLock()

    # Two threads that import modules which import one another may see one half made.
    @patch(ServicePluginManager._load_service_plugin)
    def load(original: Any, *arguments: Any) -> Any:
        with lock:
            return original(*arguments)

    Thread(target=_load, args=(names,), name="service-preloading", daemon=True).start()


def _load(names: tuple[str, ...]) -> None:
    from localstack.aws.spec import get_service_catalog
    from localstack.services.plugins import SERVICE_PLUGINS

    get_service_catalog()
    for name in names:
        try:
            SERVICE_PLUGINS.require(name)
        except Exception as error:
            LOG.warning("Service %s could not be loaded in advance: %s", name, error)
