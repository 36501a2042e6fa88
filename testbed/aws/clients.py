"""Clients of the AWS SDK for an emulator's endpoint."""

from __future__ import annotations

import os
import sys
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

# An emulator accepts any credentials; LocalStack's documentation uses these.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105

# A folder with an `aws` that passes AWS_ENDPOINT_URL as an option. It has to be first on PATH, and
# is for releases of the AWS CLI that ignore the variable.
SHIMS = Path(__file__).with_name("shims")


# The AWS CLI and awslocal of a clone, if there are any: for users without their own.
_BUNDLED = Path(sys.prefix, "aws-cli")


class Aws:
    """The AWS APIs behind an emulator's endpoint; each client is made on first use.

    boto3 is imported on first use, too, since that takes time.

    Parameters
    ----------
    endpoint_url
        The URL of all services.

    Examples
    --------
    ::

        from testbed import Aws

        aws = Aws(endpoint_url, "us-east-1")
        queue = aws.sqs.create_queue(QueueName="teapots")["QueueUrl"]
        assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
        aws.sqs.delete_queue(QueueUrl=queue)
    """

    poll_seconds = 0.02
    """The pause between requests for the state of a stack, in seconds."""

    is_local = True
    """Whether functions run on this machine, not in AWS."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        self.endpoint_url = endpoint_url
        self.region = region
        self._clients: dict[str, Any] = {}

    @cached_property
    def session(self) -> boto3.Session:
        """A session with the emulator's credentials, independent of the user's profile."""
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

        # No proxy: the emulator is on this machine.
        return Config(
            proxies={}, retries={"total_max_attempts": 2}, s3={"addressing_style": "path"}
        )

    def client(self, service: str) -> Any:
        """Return the client of a service, by its name in boto3."""
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
    def patient_lambda(self) -> LambdaClient:
        """AWS Lambda, for a synchronous invocation: waits without a limit, and never retries.

        A function may run for 15 minutes, or wait for a debugger, and must not be invoked twice.
        """
        from botocore.config import Config

        patient = Config(read_timeout=None, tcp_keepalive=True, retries={"total_max_attempts": 1})
        return self.session.client(
            "lambda", endpoint_url=self._endpoint, config=self._config.merge(patient)
        )

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
    """Return the variables that make the AWS CLI, ``awslocal`` and the SDKs use an emulator.

    PATH has to be :func:`search_path`.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        # A profile can have `ignore_configured_endpoint_urls = true`.
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        # Otherwise awslocal prints a notice of 14 lines on every call.
        "DISABLE_DEPRECATION_NOTICE": "1",
    }


def search_path(path: str, *folders: Path) -> str:
    """Return PATH for the AWS CLI: :data:`SHIMS` first, and the bundled AWS CLI last.

    Parameters
    ----------
    path
        The value that PATH has.
    folders
        Folders to put before it.
    """
    last = [_BUNDLED] if _BUNDLED.is_dir() else []
    return os.pathsep.join([str(SHIMS), *map(str, folders), path, *map(str, last)])


def conflicting_variables(variables: Mapping[str, str] = os.environ) -> list[str]:
    """Return the names of variables that would override those for the emulator.

    Profiles and session tokens change the credentials, and endpoints of single services the
    endpoint. https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    endpoints = [name for name in variables if name.startswith("AWS_ENDPOINT_URL_")]
    return [
        "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN",
        *sorted(endpoints),
    ]  # fmt: skip
