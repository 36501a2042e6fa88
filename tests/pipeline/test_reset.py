"""The fixture `clean`: resets to the state right after the deployment."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testbed.aws.stacks import stack_resources
from testbed.pytest_plugin.running import RunningTestbed
from testbed.pytest_plugin.stack import Stack
from tests.pipeline.conftest import DeployedPipeline, WatchedSite

pytestmark = pytest.mark.testbed_target("localstack", "docker")

RESETS = 20


def test_pipeline_works_after_many_resets(
    testbed: RunningTestbed,
    stack: Stack,
    pipeline: DeployedPipeline,
    new_site: Callable[..., WatchedSite],
) -> None:
    """Also if resources were deleted by hand, and while messages are under way."""
    for number in range(RESETS):
        site = new_site()
        site.website.answers(503)
        pipeline.declare(site.entry)
        pipeline.check()
        if number % 5 == 0:
            testbed.aws.sqs.delete_queue(QueueUrl=pipeline.outputs["IncidentQueueUrl"])
            testbed.aws.s3.put_object(
                Bucket=pipeline.outputs["BucketName"], Key="state/broken.json", Body=b"{"
            )
        testbed.clean(stack)
        assert pipeline.emails(site.name) == []
        assert pipeline.incidents(site.name) == []
    site = new_site()
    site.website.answers(503)
    pipeline.declare(site.entry)
    pipeline.check()
    pipeline.await_incident(site.name, "OPEN")
    [email] = pipeline.await_emails(site.name, 1)
    assert "DOWN" in email.subject


def test_new_resources_are_deleted(
    testbed: RunningTestbed, stack: Stack, clean: None, unique_name: str
) -> None:
    before = stack_resources(testbed.aws, stack.name)
    testbed.aws.sns.create_topic(Name=unique_name)
    testbed.aws.cloudformation.delete_stack(StackName=stack.name)
    testbed.clean(stack)
    assert stack_resources(testbed.aws, stack.name) == before
    assert unique_name not in str(testbed.aws.sns.list_topics()["Topics"])
