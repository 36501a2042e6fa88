"""The AWS SDK in functions calls LocalStack, with the function's execution role."""

import io
import textwrap
import zipfile
from pathlib import Path

import pytest

from testbed.deployment.requirements import ensure_bundled_requirements
from testbed.errors import EnvironmentBuildError
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory


def test_sdk_reaches_localstack_with_the_role_of_the_function(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""
    function = functions(
        """
        import boto3

        sts = boto3.client("sts")

        def handler(event, context):
            return sts.get_caller_identity()["Arn"]
        """
    )

    assert function.invoke().payload == (
        f"arn:aws:sts::000000000000:assumed-role/lambda/{function.name}"
    )


LIST_QUEUES = """
    import os, subprocess, sys
    import boto3

    PROGRAM = "import boto3; print(boto3.client('sqs').list_queues()['ResponseMetadata'])"

    def handler(event, context):
        if event == "program":
            return subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
        client = boto3.client("sqs", endpoint_url=event)
        client.list_queues()
        return client.meta.endpoint_url
"""
IGNORED = {"Variables": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}}


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "https://sqs.us-east-1.amazonaws.com",
        "https://queue.amazonaws.com/",
        "https://sqs.us-east-1.api.aws",
        "https://sqs.cn-north-1.amazonaws.com.cn",
    ],
)
def test_clients_do_not_call_aws(
    functions: FunctionFactory, localstack_endpoint: str, endpoint: str | None
) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    function = functions(LIST_QUEUES, Environment=IGNORED)

    assert function.invoke(endpoint).payload == localstack_endpoint


def test_other_endpoints_are_called(functions: FunctionFactory, localstack_endpoint: str) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    endpoint = localstack_endpoint.replace("127.0.0.1", "localhost")

    assert functions(LIST_QUEUES).invoke(endpoint).payload == endpoint


@pytest.mark.parametrize("variables", [{}, {"PYTHONWARNINGS": "ignore"}])
def test_clients_in_a_new_interpreter_do_not_call_aws(
    functions: FunctionFactory, variables: dict[str, str]
) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    environment = {"Variables": IGNORED["Variables"] | variables}
    function = functions(LIST_QUEUES, Environment=environment)

    assert "'HTTPStatusCode': 200" in function.invoke("program").payload


def test_old_sdk_in_the_bundle_does_not_call_aws(
    aws: Clients, functions: FunctionFactory, old_sdk: Path, localstack_endpoint: str
) -> None:
    """boto3 before 1.28 ignores AWS_ENDPOINT_URL.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    function = functions("")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in old_sdk.rglob("*"):
            name = path.relative_to(old_sdk)
            if not path.is_file() or (name.parts[:2] == ("botocore", "data") and _is_unused(name)):
                continue
            archive.write(path, str(name))
        archive.writestr("app.py", textwrap.dedent(OLD_SDK))
    aws["lambda"].update_function_code(FunctionName=function.name, ZipFile=content.getvalue())
    function.wait_until_updated()
    bucket, queue = f"old-{function.name}", f"old-{function.name}"
    event = {"bucket": bucket, "queue": queue}

    invoked = function.invoke(event)

    assert invoked.payload == {
        "version": "1.26.137",
        "endpoint": localstack_endpoint,
        "message": "sent",
        "object": "stored",
    }
    aws["s3"].delete_object(Bucket=bucket, Key="key")
    aws["s3"].delete_bucket(Bucket=bucket)
    aws["sqs"].delete_queue(QueueUrl=aws["sqs"].get_queue_url(QueueName=queue)["QueueUrl"])


OLD_SDK = """
    import boto3

    def handler(event, context):
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        queue = sqs.create_queue(QueueName=event["queue"])["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="sent")
        s3.create_bucket(Bucket=event["bucket"])
        s3.put_object(Bucket=event["bucket"], Key="key", Body=b"stored")
        return {
            "version": boto3.__version__,
            "endpoint": s3.meta.endpoint_url,
            "message": sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"],
            "object": s3.get_object(Bucket=event["bucket"], Key="key")["Body"].read().decode(),
        }
"""


def _is_unused(name: Path) -> bool:
    """Return whether a data file of botocore belongs to an unused service."""
    return len(name.parts) > 3 and name.parts[2] not in ("s3", "sqs")


@pytest.fixture(scope="module")
def old_sdk() -> Path:
    """A bundle with an SDK of May 2023."""
    requirements = Path(__file__).with_name("old-sdk-requirements.txt")
    try:
        return ensure_bundled_requirements(requirements, "x86_64", print)
    except EnvironmentBuildError as error:
        pytest.skip(f"boto3 1.26.137 is not in the cache, and cannot be fetched: {error}")
