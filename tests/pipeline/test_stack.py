"""The deployed resources."""

from __future__ import annotations

from testbed.aws.functions import stack_functions
from testbed.aws.stacks import stack_resources
from tests.pipeline.conftest import DeployedPipeline


def test_every_function_has_its_own_role(pipeline: DeployedPipeline) -> None:
    roles = {
        name: pipeline.aws.lambda_.get_function_configuration(FunctionName=name)["Role"]
        for name in stack_functions(pipeline.aws, pipeline.stack)
    }
    assert set(roles) == {"website-monitor", "incident-recorder", "status-api"}
    assert len(set(roles.values())) == len(roles)


def test_every_log_group_has_a_retention(pipeline: DeployedPipeline) -> None:
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


def test_visibility_timeout_exceeds_the_consumers_timeout(pipeline: DeployedPipeline) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    attributes = pipeline.aws.sqs.get_queue_attributes(
        QueueUrl=pipeline.outputs["IncidentQueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    consumer = pipeline.aws.lambda_.get_function_configuration(FunctionName="incident-recorder")
    assert int(attributes["VisibilityTimeout"]) >= 6 * consumer["Timeout"]
    assert "incident-dlq" in attributes["RedrivePolicy"]


def test_api_has_only_the_configured_stage(pipeline: DeployedPipeline) -> None:
    api = stack_resources(pipeline.aws, pipeline.stack, "AWS::ApiGateway::RestApi")["Api"]
    stages = pipeline.aws.apigateway.get_stages(restApiId=api)["item"]
    assert [stage["stageName"] for stage in stages] == ["v1"]
