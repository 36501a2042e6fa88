"""LocalStack's provider of CloudFormation, replaced by that of this package.

LocalStack finds the provider by its entry point (``pyproject.toml``), and loads it when the service
is first used.
"""

from localstack import config
from localstack.services.plugins import Service, aws_provider

_NAME = "testbed"


def select_provider() -> None:
    """Have LocalStack use this provider, unless PROVIDER_OVERRIDE_CLOUDFORMATION names another."""
    config.SERVICE_PROVIDER_CONFIG.set_provider_if_not_exists("cloudformation", _NAME)


@aws_provider(api="cloudformation", name=_NAME)  # type: ignore[untyped-decorator]
def cloudformation() -> Service:
    """Return the service."""
    from localstack_testbed.cloudformation.api.provider import Provider, dispatch_table
    from localstack_testbed.cloudformation.template import serverless

    # Services are loaded one after the other, and mostly before they are needed. Imported later, it
    # would delay the first deployment, and could meet another thread's import of the same modules.
    serverless.load()
    return Service.for_provider(Provider(), dispatch_table_factory=dispatch_table)
