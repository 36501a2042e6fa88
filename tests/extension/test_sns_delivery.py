"""SNS repeats deliveries to functions and people, too; here its seconds are short."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.extension.conftest import Clients, running_localstack
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.mails import Mailbox
from tests.extension.scheduling import Queue


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    """The endpoint of a LocalStack in which SNS's seconds are short."""
    with (
        tempfile.TemporaryDirectory(prefix="extension-tests-") as directory,
        running_localstack(Path(directory), TESTBED_SNS_RETRY_SECONDS="0.01") as running,
    ):
        yield running.endpoint


def test_email_is_sent_again(quick: str, name: str) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    aws, faults = Clients(quick), FaultRules(quick)
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    mailbox = Mailbox(quick, f"{name}@example.com")
    mailbox.subscribe(aws["sns"], topic)
    rule = faults.put("error", "ses", code="ServiceUnavailable", operation="SendEmail", next=4)
    aws["sns"].publish(TopicArn=topic, Message="hello")
    _, mail = mailbox.wait_for(2)
    assert mail["Body"]["text_part"].startswith("hello\n")
    assert faults.show(rule)["spent"]


def test_lambda_is_called_again(quick: str, name: str) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    aws, faults = Clients(quick), FaultRules(quick)
    queue = Queue.create(aws["sqs"], name)
    functions = FunctionFactory(aws["lambda"], aws["logs"])
    function = functions(
        f"""
        import boto3
        def handler(event, context):
            [record] = event["Records"]
            boto3.client("sqs").send_message(
                QueueUrl="{queue.url}", MessageBody=record["Sns"]["Message"]
            )
        """
    )
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function.arn)
    rule = faults.put("throttle", "lambda", resource=function.name, caller="sns", next=7)
    aws["sns"].publish(TopicArn=topic, Message="hello")
    assert queue.bodies() == ["hello"]
    assert faults.show(rule)["spent"]
    functions.delete_all()
