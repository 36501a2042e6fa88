"""Tags of code signing configurations, which LocalStack does not implement.

https://docs.aws.amazon.com/lambda/latest/api/API_TagResource.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_provider() -> None:
    """Let TagResource, UntagResource and ListTags accept their ARNs."""
    from localstack.aws.api.lambda_ import ResourceNotFoundException
    from localstack.services.lambda_.invocation.models import lambda_stores
    from localstack.services.lambda_.provider import LambdaProvider
    from localstack.utils.aws.arns import parse_arn

    @patch(LambdaProvider._get_account_id_and_region_for_taggable_resource)
    def find_taggable(
        original: Callable[[Any, str], tuple[str, str]], self: Any, resource: str
    ) -> tuple[str, str]:
        if ":code-signing-config:" not in resource:
            return original(self, resource)
        parts = parse_arn(resource)
        account, region = parts["account"], parts["region"]
        if resource not in lambda_stores[account][region].code_signing_configs:
            raise ResourceNotFoundException(
                f"The Lambda code signing configuration {resource} can not be found.", Type="User"
            )
        return account, region
