"""Changes of the stages that an API key names.

An API key lists stages as ``restApiId/stageName``. Usage plans decide what a key is good for, but
SAM sets these when it creates a usage plan, and UpdateApiKey can add and remove them. LocalStack
rejects it.
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateApiKey-Patch
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localstack_testbed.hooks.patching import patch

_STAGES = "/stages"


def patch_provider() -> None:
    """Let UpdateApiKey add and remove stages."""
    from localstack.services.apigateway.legacy import provider
    from moto.apigateway import models

    @patch(provider.ApigatewayProvider.update_api_key)
    def update_api_key(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        api_key: str,
        patch_operations: Sequence[Mapping[str, Any]] | None = None,
        **rest: Any,
    ) -> Any:
        # It checks these, and gives moto the whole request.
        others = [each for each in patch_operations or () if each["path"] != _STAGES]
        return original(self, context, api_key, others, **rest)

    @patch(models.ApiKey.update_operations)
    def update_operations(
        original: Callable[..., Any], self: Any, patch_operations: Sequence[Mapping[str, Any]]
    ) -> Any:
        others = []
        for operation in patch_operations:
            if operation["path"] != _STAGES:
                others.append(operation)
                continue
            api, _, stage = operation["value"].partition("/")
            named = {"restApiId": api, "stageName": stage}
            self.stage_keys = [each for each in self.stage_keys if each != named]
            if operation["op"] == "add":
                self.stage_keys.append(named)
        return original(self, others)
