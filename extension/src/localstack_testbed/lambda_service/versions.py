"""Protection of function versions that an alias references, which LocalStack deletes.

AWS answers ``ResourceConflictException``:
https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html (``Qualifier``)
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_provider() -> None:
    """Reject the deletion of a version that an alias references."""
    from localstack.aws.api.lambda_ import ResourceConflictException
    from localstack.services.lambda_ import api_utils
    from localstack.services.lambda_.invocation.models import lambda_stores
    from localstack.services.lambda_.provider import LambdaProvider

    @patch(LambdaProvider.delete_function)
    def delete_function(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        function_name: str,
        qualifier: str | None = None,
        **kwargs: Any,
    ) -> Any:
        account, region = api_utils.get_account_and_region(function_name, context)
        name, version = api_utils.get_name_and_qualifier(function_name, qualifier, context)
        function = lambda_stores[account][region].functions.get(name)
        aliases = function.aliases.values() if function and version else ()
        names = sorted(alias.name for alias in aliases if version in _versions(alias))
        if names:
            raise ResourceConflictException(
                f"Version {version} of {name} cannot be deleted: the aliases {names} reference it.",
                Type="User",
            )
        return original(self, context, function_name, qualifier, **kwargs)


def _versions(alias: Any) -> set[str]:
    routing = alias.routing_configuration
    return {alias.function_version, *(routing.version_weights if routing else ())}
