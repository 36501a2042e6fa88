"""The pipeline after changes of its template: what they say is done, and nothing else is lost.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from testbed import RunningTestbed
from testbed.aws.stacks import describe_stack, stack_resources
from testbed.deployment.deploy import deploy
from testbed.errors import DeploymentError
from testbed.project.project import Project
from tests.conftest import ROOT
from tests.pipeline.conftest import DeployedPipeline, WatchedSite
from tests.pipeline.permissions import physical_id
from tests.pipeline.promises import (
    Trial,
    all_sites_are_shown,
    outage_is_emailed,
    outage_is_recorded,
    requested_check_is_done,
)

TEMPLATE = (ROOT / "template.yaml").read_text()

ADDED = """
  Version:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: {folder}
      Handler: version.handler
      Role: !GetAtt StatusApiRole.Arn
      Events:
        GetVersion:
          Type: Api
          Properties: {{RestApiId: !Ref Api, Method: GET, Path: /version}}
  ErrorAlarm:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: website-monitor-errors
      Namespace: AWS/Lambda
      MetricName: Errors
      Dimensions: [{{Name: FunctionName, Value: !Ref WebsiteMonitor}}]
      Statistic: Sum
      Period: 60
      EvaluationPeriods: 1
      Threshold: 1
      ComparisonOperator: GreaterThanOrEqualToThreshold
  QueueReaders:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      Roles: [!Ref StatusApiRole]
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Action: sqs:GetQueueUrl, Resource: "*"}}]
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{Effect: Deny, Principal: "*", Action: s3:DeleteBucket, Resource: !GetAtt Bucket.Arn}}
"""

CHANGES = {
    # Each policy of a role, and each policy of a queue
    "[logs:CreateLogStream, logs:PutLogEvents]": "[logs:CreateLogStream, logs:Put*]",
    "Action: sqs:SendMessage": "Action: [sqs:SendMessage, sqs:GetQueueUrl]",
    # Retries
    "MaximumRetryAttempts: 1\n": "MaximumRetryAttempts: 2\n",
    "MaximumRetryAttempts: 3\n": "MaximumRetryAttempts: 4\n",
    "maxReceiveCount: 5": "maxReceiveCount: 6",
    "VisibilityTimeout: 60": "VisibilityTimeout: 90",
    # Others
    " Timeout: 60": " Timeout: 50",
    "DisplayName: Website alerts": "DisplayName: Websites",
    "ExpirationInDays: 400": "ExpirationInDays: 300",
    "RetentionInDays: 30": "RetentionInDays: 60",
    # Gets another logical id: a new role takes its place, while the function stays
    "StatusApiRole": "StatusApiExecutionRole",
}
CHANGES_OF_ADDED = {
    "StatusApiRole": "StatusApiExecutionRole",
    "Threshold: 1\n": "Threshold: 2\n",
    "Action: sqs:GetQueueUrl": "Action: sqs:GetQueueAttributes",
    "Action: s3:DeleteBucket": "Action: s3:DeleteBucketPolicy",
}

# It depends on what else changes, so that all of that has to be rolled back.
BROKEN = """
  Broken:
    Type: AWS::SNS::Subscription
    DependsOn: [
      Api, Bucket, IncidentQueue, IncidentQueuePolicy, IncidentRecorderRole, StatusApi,
      WebsiteAlerts, WebsiteMonitor, WebsiteMonitorDeadLettersPolicy,
      WebsiteMonitorEventInvokeConfig, WebsiteMonitorLogs, WebsiteMonitorRole]
    Properties:
      TopicArn: !Sub arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:absent
      Protocol: email
      Endpoint: oncall@example.com
"""


def edited(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, f"the template no longer has {old!r}"
        text = text.replace(old, new)
    return text


def with_resources(text: str, added: str) -> str:
    return edited(text, {"\nOutputs:\n": f"{added}\nOutputs:\n"})


@dataclass(frozen=True)
class Updates:
    """Deployments of changed templates to the pipeline's stack."""

    pipeline: DeployedPipeline
    project: Project

    def deploy(self, template: str) -> None:
        """Deploy a template whose paths are relative to the repository."""
        handlers = {"CodeUri: handlers/": f"CodeUri: {ROOT / 'handlers'}"}
        self.project.template.write_text(edited(template, handlers))
        assert deploy(self.project, self.pipeline.aws, lambda message: None).changed

    @property
    def status(self) -> str:
        found = describe_stack(self.pipeline.aws, self.pipeline.stack)
        return found["StackStatus"] if found else ""


@pytest.fixture
def updates(
    testbed: RunningTestbed, pipeline: DeployedPipeline, tmp_path: Path, clean: None
) -> Iterator[Updates]:
    usual = replace(testbed.session.project, uploads=())
    yield Updates(pipeline, replace(usual, template=tmp_path / "template.yaml"))
    deploy(usual, pipeline.aws, lambda message: None)


@pytest.fixture
def keeps_its_promises(
    pipeline: DeployedPipeline, new_site: Callable[..., WatchedSite]
) -> Callable[[], None]:
    def check() -> None:
        trial = Trial(pipeline, new_site, denied=lambda: False)
        for promise in (
            outage_is_emailed,
            outage_is_recorded,
            requested_check_is_done,
            all_sites_are_shown,
        ):
            promise(trial)

    return check


def observed(pipeline: DeployedPipeline) -> dict[str, Any]:
    """Return what the services say about the stack's resources, and what they contain."""
    aws = pipeline.aws
    iam = aws.client("iam")
    bucket = pipeline.outputs["BucketName"]
    functions = stack_resources(aws, pipeline.stack, "AWS::Lambda::Function")
    roles = stack_resources(aws, pipeline.stack, "AWS::IAM::Role")
    queues = stack_resources(aws, pipeline.stack, "AWS::SQS::Queue")
    topic = pipeline.outputs["AlertsTopicArn"]
    api = physical_id(pipeline, "Api")
    pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix="/aws/lambda")
    return {
        "resources": {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in aws.cloudformation.describe_stack_resources(StackName=pipeline.stack)[
                "StackResources"
            ]
            # SAM names a deployment by the hash of the API's document.
            if each["ResourceType"] != "AWS::ApiGateway::Deployment"
        },
        "functions": {
            name: _without(
                aws.lambda_.get_function_configuration(FunctionName=name),
                "LastModified",
                "RevisionId",
            )
            for name in functions.values()
        },
        "retries": _without(
            aws.lambda_.get_function_event_invoke_config(FunctionName="website-monitor"),
            "LastModified",
        ),
        "targets": aws.client("events").list_targets_by_rule(Rule="cron-rule")["Targets"],
        "policies": {
            role: [
                iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
                for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
            ]
            + [
                each["PolicyName"]
                for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
            ]
            for role in roles.values()
        },
        "queues": {
            url: _without(
                aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"],
                "LastModifiedTimestamp",
            )
            for url in queues.values()
        },
        "topic": aws.sns.get_topic_attributes(TopicArn=topic)["Attributes"],
        "subscriptions": {
            each["SubscriptionArn"]: aws.sns.get_subscription_attributes(
                SubscriptionArn=each["SubscriptionArn"]
            )["Attributes"]
            for each in aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        },
        "lifecycle": aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"],
        "encryption": aws.s3.get_bucket_encryption(Bucket=bucket)[
            "ServerSideEncryptionConfiguration"
        ],
        "objects": {
            each["Key"]: each["ETag"]
            for each in aws.s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        },
        "logs": {
            group["logGroupName"]: group.get("retentionInDays")
            for page in pages
            for group in page["logGroups"]
            if group["logGroupName"].rpartition("/")[2] in functions.values()
        },
        "paths": {
            each["path"]: sorted(each.get("resourceMethods", ()))
            for each in aws.apigateway.get_resources(restApiId=api)["items"]
        },
        "alarms": [
            _without(alarm, "AlarmConfigurationUpdatedTimestamp")
            for alarm in aws.client("cloudwatch").describe_alarms(AlarmNamePrefix="website-")[
                "MetricAlarms"
            ]
        ],
    }


def _without(answer: Any, *names: str) -> dict[str, Any]:
    return {
        name: value for name, value in answer.items() if name not in ("ResponseMetadata", *names)
    }


def assert_changed(pipeline: DeployedPipeline, before: dict[str, Any]) -> None:
    """Check that the services have each of the changes, and that names and ids survived."""
    now = observed(pipeline)
    gone = {"StatusApiRole"}
    assert before["resources"].keys() - now["resources"].keys() == gone
    kept = {name: each for name, each in before["resources"].items() if name not in gone}
    assert kept.items() <= now["resources"].items()

    for role, policies in now["policies"].items():
        assert "logs:Put*" in json.dumps(policies), role
    assert before["resources"]["StatusApiRole"] not in now["policies"]
    assert "QueueReaders" in json.dumps(now["policies"][now["resources"]["StatusApiExecutionRole"]])
    iam = pipeline.aws.client("iam")
    managed = now["resources"]["QueueReaders"]
    version = iam.get_policy(PolicyArn=managed)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=managed, VersionId=version)["PolicyVersion"]
    assert "sqs:GetQueueAttributes" in json.dumps(document, default=str)
    bucket = pipeline.outputs["BucketName"]
    assert "s3:DeleteBucketPolicy" in pipeline.aws.s3.get_bucket_policy(Bucket=bucket)["Policy"]

    for url, attributes in now["queues"].items():
        assert json.loads(attributes["Policy"])["Statement"][0]["Action"] == [
            "sqs:SendMessage",
            "sqs:GetQueueUrl",
        ], url
    incidents = now["queues"][pipeline.outputs["IncidentQueueUrl"]]
    assert json.loads(incidents["RedrivePolicy"])["maxReceiveCount"] in (6, "6")
    assert incidents["VisibilityTimeout"] == "90"
    assert now["retries"]["MaximumRetryAttempts"] == 2
    [target] = now["targets"]
    assert target["RetryPolicy"]["MaximumRetryAttempts"] == 4

    assert now["topic"]["DisplayName"] == "Websites"
    assert now["subscriptions"].keys() == before["subscriptions"].keys()
    assert [rule["Expiration"]["Days"] for rule in now["lifecycle"]] == [300]
    assert [alarm["Threshold"] for alarm in now["alarms"]] == [2]
    assert now["objects"] == before["objects"]
    names = ("website-monitor", "incident-recorder", "status-api")
    assert now["functions"]["website-monitor"]["Timeout"] == 50
    assert {now["logs"][f"/aws/lambda/{name}"] for name in names} == {60}


def updated(pipeline: DeployedPipeline) -> set[str]:
    """Return the logical ids of what the last operation had updated before it failed."""
    answer = pipeline.aws.cloudformation.describe_stack_events(StackName=pipeline.stack)
    events = [(each["LogicalResourceId"], each["ResourceStatus"]) for each in answer["StackEvents"]]
    failure = events.index(("Broken", "CREATE_FAILED"))
    begin = events.index((pipeline.stack, "UPDATE_IN_PROGRESS"))
    return {name for name, status in events[failure:begin] if status == "UPDATE_COMPLETE"}


def status_of(pipeline: DeployedPipeline, path: str) -> int:
    return pipeline.api.send("GET", path).status_code


@pytest.mark.usefixtures("inbox")
def test_changes_are_made_and_taken_back(
    updates: Updates,
    pipeline: DeployedPipeline,
    keeps_its_promises: Callable[[], None],
    tmp_path: Path,
) -> None:
    (tmp_path / "version").mkdir()
    code = "def handler(event, context): return {'statusCode': 200, 'body': '1.2.3'}\n"
    (tmp_path / "version" / "version.py").write_text(code)
    added = ADDED.format(folder=tmp_path / "version")
    before = observed(pipeline)
    assert status_of(pipeline, "/version") == 403

    updates.deploy(with_resources(TEMPLATE, added))

    assert updates.status == "UPDATE_COMPLETE"
    extended = observed(pipeline)
    assert before["resources"].items() <= extended["resources"].items()
    assert pipeline.api.send("GET", "/version").text == "1.2.3"
    assert status_of(pipeline, "/status") == status_of(pipeline, "/incidents") == 200
    [alarm] = extended["alarms"]
    assert alarm["Threshold"] == 1

    changed = edited(TEMPLATE, CHANGES)
    updates.deploy(with_resources(changed, edited(added, CHANGES_OF_ADDED)))

    assert_changed(pipeline, extended)
    assert pipeline.api.send("GET", "/version").text == "1.2.3"
    keeps_its_promises()

    updates.deploy(TEMPLATE)
    assert status_of(pipeline, "/version") == 403
    assert status_of(pipeline, "/status") == status_of(pipeline, "/incidents") == 200
    after = observed(pipeline)
    for each in (before, after):
        del each["objects"]  # checks have written some
    renamed = before["resources"].pop("StatusApiRole"), after["resources"].pop("StatusApiRole")
    text = json.dumps(after, default=str).replace(renamed[1], renamed[0])
    assert json.loads(text) == json.loads(json.dumps(before, default=str))


@pytest.mark.usefixtures("inbox")
def test_failed_update_leaves_everything_as_it_was(
    updates: Updates, pipeline: DeployedPipeline, keeps_its_promises: Callable[[], None]
) -> None:
    queue = pipeline.outputs["MonitorDeadLetterQueueUrl"]
    pipeline.aws.sqs.send_message(QueueUrl=queue, MessageBody="kept")
    pipeline.declare({"name": "kept", "url": "http://127.0.0.1:1"})
    before = observed(pipeline)
    changes = {old: new for old, new in CHANGES.items() if old != "StatusApiRole"}
    changed = edited(TEMPLATE, changes)

    with pytest.raises(DeploymentError, match=r"Broken \(AWS::SNS::Subscription\)"):
        updates.deploy(with_resources(changed, BROKEN))

    assert updates.status == "UPDATE_ROLLBACK_COMPLETE"
    assert {"Bucket", "IncidentQueue", "WebsiteAlerts", "WebsiteMonitor"} <= updated(pipeline)
    assert observed(pipeline) == before
    [message] = pipeline.messages(queue)
    assert message["Body"] == "kept"
    keeps_its_promises()

    updates.deploy(changed)
    assert updates.status == "UPDATE_COMPLETE"
    assert observed(pipeline)["topic"]["DisplayName"] == "Websites"
