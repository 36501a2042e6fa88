"""A resource that takes its time is looked at twenty times a second, and not once.

LocalStack's CloudFormation waits a second before it looks again whether a resource, such as a
function, is ready; most are within a few milliseconds.
"""

from functools import partialmethod

from localstack_testbed.hooks.patching import replace

INTERVAL_SECONDS = 0.05


def patch_deployment() -> None:
    """Shorten the pause between two looks at a resource."""
    from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

    original = ResourceProviderExecutor.deploy_loop
    patched = partialmethod(original, sleep_time=INTERVAL_SECONDS)
    replace(ResourceProviderExecutor, "deploy_loop", patched)
