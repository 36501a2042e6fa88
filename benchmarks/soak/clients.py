"""boto3 clients without retries, whose connections are closed at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from botocore.config import Config

from testbed.aws.clients import Aws

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sqs import SQSClient

REGION = "us-east-1"


class Clients:
    """Clients for one LocalStack, safe for threads; they never retry."""

    def __init__(self, endpoint_url: str, connections: int) -> None:
        session = Aws(endpoint_url, REGION).session
        config = Config(
            proxies={},
            retries={"total_max_attempts": 1},
            max_pool_connections=connections,
            s3={"addressing_style": "path"},
        )
        self.iam: IAMClient = session.client("iam", endpoint_url=endpoint_url, config=config)
        self.lambda_: LambdaClient = session.client(
            "lambda", endpoint_url=endpoint_url, config=config
        )
        self.logs: CloudWatchLogsClient = session.client(
            "logs", endpoint_url=endpoint_url, config=config
        )
        self.s3: S3Client = session.client("s3", endpoint_url=endpoint_url, config=config)
        self.sqs: SQSClient = session.client("sqs", endpoint_url=endpoint_url, config=config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in (self.iam, self.lambda_, self.logs, self.s3, self.sqs):
            client.close()
