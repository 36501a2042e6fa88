"""Retries of SNS deliveries to functions and email addresses, with shortened delays."""

from collections.abc import Iterator

import pytest

from tests.extension.conftest import Clients, LocalStack
from tests.extension.emails import Mailbox
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.scheduling import Queue


@pytest.fixture
def faults(reconfigured_localstack: LocalStack) -> Iterator[FaultRules]:
    rules = FaultRules(reconfigured_localstack.endpoint)
    yield rules
    rules.remove_all()


def test_email_delivery_is_retried(
    reconfigured_localstack: LocalStack, reconfigured_aws: Clients, faults: FaultRules, name: str
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    aws = reconfigured_aws
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    mailbox = Mailbox(reconfigured_localstack.endpoint, f"{name}@example.com")
    mailbox.subscribe(aws["sns"], topic)
    rule = faults.put("error", "ses", code="ServiceUnavailable", operation="SendEmail", next=4)
    aws["sns"].publish(TopicArn=topic, Message="hello")
    _, email = mailbox.wait_for(2)
    assert email["Body"]["text_part"].startswith("hello\n")
    assert faults.show(rule)["spent"]


def test_lambda_delivery_is_retried(
    reconfigured_aws: Clients,
    reconfigured_functions: FunctionFactory,
    faults: FaultRules,
    name: str,
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""
    aws = reconfigured_aws
    queue = Queue.create(aws["sqs"], name)
    function = reconfigured_functions(
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
