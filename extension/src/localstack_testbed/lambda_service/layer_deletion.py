"""Deletion of a layer version's code, which LocalStack leaves in memory and on disk.

Only if no function uses it: functions that use a deleted version continue to run.
https://docs.aws.amazon.com/lambda/latest/dg/deleting-layers.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_provider() -> None:
    """Delete the code of a layer version with it."""
    from localstack.services.lambda_.invocation.models import lambda_stores
    from localstack.services.lambda_.provider import LambdaProvider

    @patch(LambdaProvider.delete_layer_version)
    def delete_layer_version(
        original: Callable[..., None],
        self: Any,
        context: Any,
        layer_name: str,
        version_number: int,
        **kwargs: Any,
    ) -> None:
        region, account, name, _ = LambdaProvider._resolve_layer(layer_name, context)
        layer = lambda_stores[account][region].layers.get(name)
        deleted = layer.layer_versions.get(str(version_number)) if layer else None
        original(self, context, layer_name, version_number, **kwargs)
        if deleted is None or deleted.code is None:
            return
        if not _is_used(lambda_stores, deleted.layer_version_arn):
            deleted.code.destroy()


def _is_used(stores: Any, arn: str) -> bool:
    return any(
        layer.layer_version_arn == arn
        for _, _, store in stores.iter_stores()
        for function in store.functions.values()
        for version in function.versions.values()
        for layer in version.config.layers
    )
