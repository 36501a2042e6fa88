"""Services that are loaded before the first request needs them.

LocalStack loads a service when it is first used, which takes a quarter of a second or more each.
The services that the setting names are loaded in the background as soon as LocalStack is ready,
while the init scripts start.
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

    # Of two threads that import modules in a cycle, one may see a partly imported module.
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
            LOG.warning("Cannot preload the service %s: %s", name, error)
