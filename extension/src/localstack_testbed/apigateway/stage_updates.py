"""Updates of stages with paths that LocalStack rejects.

UpdateStage can set ``/documentationVersion``, and remove the settings of a method, such as
``/~1orders/GET``; LocalStack knows only the removal of ``/*/*``.
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from localstack_testbed.hooks.patching import patch

_DOCUMENTATION_VERSION = "/documentationVersion"


def patch_paths() -> None:
    """Let UpdateStage set the documentation version."""
    from localstack.services.apigateway.legacy import provider

    paths: list[str] = provider.STAGE_UPDATE_PATHS
    if _DOCUMENTATION_VERSION not in paths:
        paths.append(_DOCUMENTATION_VERSION)


def patch_provider() -> None:
    """Let UpdateStage remove the settings of a method."""
    from localstack.services.apigateway.helpers import get_moto_rest_api
    from localstack.services.apigateway.next_gen import provider

    @patch(provider.ApigatewayNextGenProvider.update_stage)
    def update_stage(
        original: Callable[..., Any],
        self: Any,
        context: Any,
        rest_api_id: str,
        stage_name: str,
        patch_operations: Sequence[Mapping[str, Any]] | None = None,
        **rest: Any,
    ) -> Any:
        others = []
        stage: Any = get_moto_rest_api(context, rest_api_id).stages.get(stage_name)
        if stage and not hasattr(stage, "documentation_version"):
            # It was made by CreateDeployment.
            stage.documentation_version = None
        for operation in patch_operations or ():
            name = operation["path"].strip("/")
            if operation["op"] == "remove" and stage and name in stage.method_settings:
                del stage.method_settings[name]
            else:
                others.append(operation)
        return original(self, context, rest_api_id, stage_name, others, **rest)
