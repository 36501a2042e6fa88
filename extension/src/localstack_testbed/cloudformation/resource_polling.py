"""Polling of resources, 20 times a second, until they are ready.

LocalStack's CloudFormation checks once a second whether a resource, such as a function, is ready.
Most resources are ready within milliseconds.
"""

from functools import partialmethod

from localstack_testbed.hooks.patching import replace

INTERVAL_SECONDS = 0.05


def patch_deployment() -> None:
    """Shorten the pause between two checks of a resource."""
    from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

    original = ResourceProviderExecutor.deploy_loop
    patched = partialmethod(original, sleep_time=INTERVAL_SECONDS)
    replace(ResourceProviderExecutor, "deploy_loop", patched)
