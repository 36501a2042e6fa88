"""The retention and the tags of log groups that a template defines.

LocalStack's ``AWS::Logs::LogGroup`` ignores ``RetentionInDays`` and ``Tags``.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-logs-loggroup.html
"""

from typing import Any

from localstack_testbed.hooks.patching import patch


def patch_creation() -> None:
    """Set the retention and the tags of a log group after it is created."""
    from localstack.services.logs.resource_providers.aws_logs_loggroup import LogsLogGroupProvider

    @patch(LogsLogGroupProvider.create)
    def create(original: Any, self: Any, request: Any) -> Any:
        progress = original(self, request)
        logs = request.aws_client_factory.logs
        model = progress.resource_model
        if days := model.get("RetentionInDays"):
            logs.put_retention_policy(logGroupName=model["LogGroupName"], retentionInDays=int(days))
        if tags := model.get("Tags"):
            logs.tag_log_group(
                logGroupName=model["LogGroupName"],
                tags={tag["Key"]: tag["Value"] for tag in tags},
            )
        return progress
