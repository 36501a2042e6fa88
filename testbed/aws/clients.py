"""Clients of the AWS SDK for one endpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config
    from types_boto3_apigateway import APIGatewayClient
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_lambda import LambdaClient
    from types_boto3_logs import CloudWatchLogsClient
    from types_boto3_s3 import S3Client
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient

# Any credentials do for an emulator, and these are the ones that LocalStack's texts use.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105

# The folder with an `aws` that passes AWS_ENDPOINT_URL as an option: first on PATH, it covers
# releases of the AWS CLI that ignore the variable, for some services or for all.
SHIMS = Path(__file__).with_name("shims")


class Aws:
    """The AWS APIs behind an emulator's endpoint; each client is made on first use.

    boto3 is imported on first use too: commands that need no API stay quick.

    Parameters
    ----------
    endpoint_url
        Where every service answers.

    Examples
    --------
    ::

        from testbed import Aws

        aws = Aws(endpoint_url, "us-east-1")
        queue = aws.sqs.create_queue(QueueName="teapots")["QueueUrl"]
        assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
        aws.sqs.delete_queue(QueueUrl=queue)
    """

    poll_seconds = 0.05
    """How often to ask what becomes of a stack."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._clients: dict[str, Any] = {}

    @cached_property
    def session(self) -> boto3.Session:
        """A session with the emulator's credentials, whatever the caller's profile says."""
        import boto3

        return boto3.Session(
            region_name=self.region,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )

    @cached_property
    def _endpoint(self) -> str | None:
        return self.endpoint_url

    @cached_property
    def _config(self) -> Config:
        from botocore.config import Config

        # No proxy: those are for the way out, and an emulator is never out there.
        return Config(
            proxies={}, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}
        )

    def client(self, service: str) -> Any:
        """Return a client of any service, by its name in boto3; the same one each time."""
        if service not in self._clients:
            self._clients[service] = self.session.client(  # type: ignore[call-overload]
                service, endpoint_url=self._endpoint, config=self._config
            )
        return self._clients[service]

    @cached_property
    def apigateway(self) -> APIGatewayClient:
        """Amazon API Gateway."""
        return self.session.client("apigateway", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def cloudformation(self) -> CloudFormationClient:
        """AWS CloudFormation."""
        return self.session.client(
            "cloudformation", endpoint_url=self._endpoint, config=self._config
        )

    @cached_property
    def events(self) -> EventBridgeClient:
        """Amazon EventBridge."""
        return self.session.client("events", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def lambda_(self) -> LambdaClient:
        """AWS Lambda."""
        return self.session.client("lambda", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def logs(self) -> CloudWatchLogsClient:
        """Amazon CloudWatch Logs."""
        return self.session.client("logs", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def s3(self) -> S3Client:
        """Amazon S3."""
        return self.session.client("s3", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def sns(self) -> SNSClient:
        """Amazon SNS."""
        return self.session.client("sns", endpoint_url=self._endpoint, config=self._config)

    @cached_property
    def sqs(self) -> SQSClient:
        """Amazon SQS."""
        return self.session.client("sqs", endpoint_url=self._endpoint, config=self._config)


def environment_variables(endpoint_url: str, region: str) -> dict[str, str]:
    """Return what makes the AWS CLI, ``awslocal`` and the SDKs talk to an emulator.

    Without :data:`SHIMS`, which ``PATH`` needs, too.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        # A profile may say otherwise, with `ignore_configured_endpoint_urls = true`.
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        # awslocal prints 14 lines about its successor on every call otherwise.
        "DISABLE_DEPRECATION_NOTICE": "1",
    }


def conflicting_variables(variables: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of variables that take precedence over the ones for the emulator.

    Profiles and session tokens replace or spoil its credentials, and endpoints of single services
    its endpoint. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    endpoints = [name for name in variables if name.startswith("AWS_ENDPOINT_URL_")]
    return [
        "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
        *sorted(endpoints),
    ]  # fmt: skip
