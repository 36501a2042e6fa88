"""The page of resource types has every type, with what its schema says."""

from __future__ import annotations

from tests.docs.resource_types_page import COMMAND, PAGE, content


def test_page_is_generated_from_the_resource_types() -> None:
    assert PAGE.read_text(encoding="utf-8") == content(), f"run: {COMMAND}"


def test_page_says_what_replaces_a_resource() -> None:
    page = content()
    assert "| `AWS::SQS::Queue` | `FifoQueue`, `QueueName` |  |" in page
    assert "`AWS::CloudFormation::CustomResource`" in page


def test_page_says_what_is_not_available() -> None:
    page = content()
    assert "| `AWS::SSM::Parameter` | `Name` | `DataType: aws:ec2:image`, `Policies` |" in page
    assert "| `AWS::Serverless::SimpleTable` | not available: `AWS::DynamoDB::Table` |" in page
