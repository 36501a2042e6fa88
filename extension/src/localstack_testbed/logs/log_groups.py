"""Tags and KMS keys of existing log groups.

LocalStack ignores the tags of TagResource and TagLogGroup if the log group was created without
tags, and does not have AssociateKmsKey and DisassociateKmsKey. Here they work as on AWS, except
that nothing is encrypted.

- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
- https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_AssociateKmsKey.html
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_service() -> None:
    """Keep the tags of log groups, and their keys."""
    from localstack.aws.api.logs import InvalidParameterException, ResourceNotFoundException
    from localstack.services.logs.models import get_moto_logs_backend, logs_stores
    from localstack.services.logs.provider import LogsProvider
    from localstack.utils.aws import arns

    def keep_tags(context: Any, resource_arn: str) -> None:
        store = logs_stores[context.account_id][context.region]
        store.TAGS.setdefault(resource_arn, {})

    @patch(LogsProvider.tag_resource)
    def tag_resource(
        original: Callable[..., None], self: Any, context: Any, resource_arn: str, **rest: Any
    ) -> None:
        keep_tags(context, resource_arn)
        original(self, context, resource_arn=resource_arn, **rest)

    @patch(LogsProvider.tag_log_group)
    def tag_log_group(
        original: Callable[..., None], self: Any, context: Any, log_group_name: str, **rest: Any
    ) -> None:
        arn = arns.log_group_arn(log_group_name, context.account_id, context.region)
        keep_tags(context, arn)
        original(self, context, log_group_name=log_group_name, **rest)

    def set_key(context: Any, name: str | None, identifier: str | None, key: str | None) -> None:
        if bool(name) == bool(identifier):
            raise InvalidParameterException(
                "Exactly one of logGroupName and resourceIdentifier is required."
            )
        backend = get_moto_logs_backend(context.account_id, context.region)
        group = backend.groups.get(name or str(identifier).partition(":log-group:")[2])
        if group is None:
            raise ResourceNotFoundException("The specified log group does not exist.")
        group.kms_key_id = key

    @patch(LogsProvider.associate_kms_key)
    def associate_kms_key(
        original: Callable[..., None],
        self: Any,
        context: Any,
        kms_key_id: str,
        log_group_name: str | None = None,
        resource_identifier: str | None = None,
        **rest: Any,
    ) -> None:
        set_key(context, log_group_name, resource_identifier, kms_key_id)

    @patch(LogsProvider.disassociate_kms_key)
    def disassociate_kms_key(
        original: Callable[..., None],
        self: Any,
        context: Any,
        log_group_name: str | None = None,
        resource_identifier: str | None = None,
        **rest: Any,
    ) -> None:
        set_key(context, log_group_name, resource_identifier, None)
