"""A resource that takes its time is looked at twenty times a second, and not once.

LocalStack's CloudFormation waits a second before it looks again whether a resource, such as a
function, is ready; most are within a few milliseconds.

Setting: ``TESTBED_RESOURCE_POLLING`` (``0`` switches the module off).
"""

from functools import partialmethod

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start
from localstack_testbed.hooks.settings import switch

INTERVAL_SECONDS = 0.05


@on_infra_start(should_load=switch("TESTBED_RESOURCE_POLLING"))
def poll_resources_often() -> None:
    """Patch what creates resources, when LocalStack loads it."""
    on_import("localstack.services.cloudformation.resource_provider", _patch)


def _patch() -> None:
    from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

    original = ResourceProviderExecutor.deploy_loop
    patched = partialmethod(original, sleep_time=INTERVAL_SECONDS)
    ResourceProviderExecutor.deploy_loop = patched  # type: ignore[method-assign,assignment]
