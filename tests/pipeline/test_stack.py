"""What is deployed, beyond what the functions do."""

from __future__ import annotations

from testbed.aws.logs import stack_functions
from testbed.aws.stacks import stack_resources
from tests.pipeline.conftest import Pipeline


def test_every_function_has_a_role_of_its_own(pipeline: Pipeline) -> None:
    roles = {
        name: pipeline.aws.lambda_.get_function_configuration(FunctionName=name)["Role"]
        for name in stack_functions(pipeline.aws, pipeline.stack)
    }
    assert set(roles) == {"website-monitor", "incident-recorder", "status-api"}
    assert len(set(roles.values())) == len(roles)


def test_every_log_group_forgets(pipeline: Pipeline) -> None:
    pages = pipeline.aws.logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="/aws/lambda/"
    )
    retention = {
        group["logGroupName"]: group.get("retentionInDays")
        for page in pages
        for group in page["logGroups"]
    }
    functions = stack_functions(pipeline.aws, pipeline.stack)
    assert all(retention[f"/aws/lambda/{name}"] for name in functions), retention


def test_queue_outlasts_its_consumer(pipeline: Pipeline) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    attributes = pipeline.aws.sqs.get_queue_attributes(
        QueueUrl=pipeline.outputs["IncidentQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    consumer = pipeline.aws.lambda_.get_function_configuration(FunctionName="incident-recorder")
    assert int(attributes["VisibilityTimeout"]) >= 6 * consumer["Timeout"]
    assert "incident-dlq" in attributes["RedrivePolicy"]


def test_api_has_the_one_stage_that_was_asked_for(pipeline: Pipeline) -> None:
    api = stack_resources(pipeline.aws, pipeline.stack, "AWS::ApiGateway::RestApi")["Api"]
    stages = pipeline.aws.apigateway.get_stages(restApiId=api)["item"]
    assert [stage["stageName"] for stage in stages] == ["v1"]
