"""Changes of aliases that LocalStack answers with an internal error.

- ``UpdateAlias`` with weights of versions. It also accepts a version that does not exist, which
  AWS answers with ``ResourceNotFoundException``:
  https://docs.aws.amazon.com/lambda/latest/api/API_UpdateAlias.html
- ``DeleteProvisionedConcurrencyConfig`` of an alias:
  https://docs.aws.amazon.com/lambda/latest/api/API_DeleteProvisionedConcurrencyConfig.html
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from localstack_testbed.hooks.patching import patch

_target: ContextVar[Any] = ContextVar("the version that an alias is going to reference")


def patch_provider() -> None:
    """Correct both operations."""
    from localstack.services.lambda_ import api_utils
    from localstack.services.lambda_.invocation.models import lambda_stores
    from localstack.services.lambda_.provider import LambdaProvider
    from localstack.services.lambda_.provider_utils import get_function_version

    def find_alias(context: Any, function: str, alias: str) -> tuple[Any, Any, dict[str, str]]:
        account, region = api_utils.get_account_and_region(function, context)
        name = api_utils.get_function_name(function, context)
        found = lambda_stores[account][region].functions.get(name)
        where = {"function_name": name, "account_id": account, "region": region}
        return found, found and found.aliases.get(alias), where

    @patch(LambdaProvider._create_routing_config_model)
    def create_routing_config_model(
        original: Callable[..., Any], self: Any, weights: Any, version: Any = None
    ) -> Any:
        return original(self, weights, version or _target.get())

    @patch(LambdaProvider.update_alias)
    def update_alias(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        function_name: str,
        name: str,
        function_version: str | None = None,
        **kwargs: Any,
    ) -> Any:
        _, alias, where = find_alias(context, function_name, name)
        if alias:
            qualifier = function_version or alias.function_version
            _target.set(get_function_version(qualifier=qualifier, **where))
        return original(
            self, context, function_name, name, function_version=function_version, **kwargs
        )

    @patch(LambdaProvider.delete_provisioned_concurrency_config)
    def delete_provisioned_concurrency_config(
        original: Callable[..., None],
        self: Any,
        context: Any,
        function_name: str,
        qualifier: str,
        **kwargs: Any,
    ) -> None:
        function, alias, where = find_alias(context, function_name, qualifier)
        if not alias or qualifier not in function.provisioned_concurrency_configs:
            original(self, context, function_name, qualifier, **kwargs)
            return
        version = get_function_version(qualifier=alias.function_version, **where)
        manager = self.lambda_service.get_lambda_version_manager(version.qualified_arn)
        manager.update_provisioned_concurrency_config(0)
        del function.provisioned_concurrency_configs[qualifier]
