"""The page of resource types has every type, with what its schema says."""

from __future__ import annotations

from tests.docs.resource_types_page import COMMAND, PAGE, content


def test_page_is_generated_from_the_resource_types() -> None:
    assert PAGE.read_text(encoding="utf-8") == content(), f"run: {COMMAND}"


def test_page_says_what_replaces_a_resource() -> None:
    page = content()
    assert "| `AWS::SQS::Queue` | `FifoQueue`, `QueueName` | everything else |" in page
    assert "`AWS::CloudFormation::CustomResource`" in page
