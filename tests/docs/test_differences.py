"""Claims of docs/fidelity.md that no other test shows.

When a difference from AWS is gone, its test fails: remove the test and the sentence.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from testbed.aws.clients import Aws
from testbed.machine.waiting import until
from tests.conftest import ROOT, Deployed
from tests.docs.conftest import create_function

_LIMIT_SECONDS = 20
_BURST = 20


def test_clock_leaves_visibility_timeouts_alone(
    running_testbed: Deployed, aws: Aws, queue: str
) -> None:
    aws.sqs.send_message(QueueUrl=queue, MessageBody="hidden")
    got = aws.sqs.receive_message(QueueUrl=queue, VisibilityTimeout=60, WaitTimeSeconds=5)
    assert got["Messages"]
    running_testbed.testbed.clock.advance_by(timedelta(minutes=2))
    assert "Messages" not in aws.sqs.receive_message(QueueUrl=queue)


def test_journal_keeps_no_body(running_testbed: Deployed, aws: Aws, queue: str) -> None:
    journal = running_testbed.testbed.journal
    before = journal.position()
    aws.sqs.send_message(QueueUrl=queue, MessageBody="nobody-keeps-this")
    sent = [each for each in journal.entries(since=before) if each["operation"] == "SendMessage"]
    assert sent
    assert "nobody-keeps-this" not in str([each.fields for each in journal.entries(before)])


def test_new_clock_is_in_real_time() -> None:
    """Its offset is in memory only, so it is lost when LocalStack stops."""
    from localstack_testbed.schedules.clock import Clock

    assert abs(Clock().now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_other_targets_of_scheduler_fail(
    running_testbed: Deployed, aws: Aws, unique_name: str, new_role: Callable[..., str]
) -> None:
    scheduler = aws.client("scheduler")
    scheduler.create_schedule(
        Name=unique_name,
        ScheduleExpression="rate(1 day)",
        StartDate=datetime.now(UTC) + timedelta(days=300),
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": "arn:aws:ecs:us-east-1:000000000000:cluster/main",
            "RoleArn": new_role("ecs:*", "iam:PassRole", service="scheduler"),
            "EcsParameters": {
                "TaskDefinitionArn": "arn:aws:ecs:us-east-1:000000000000:task-definition/task:1"
            },
        },
    )
    try:
        assert running_testbed.testbed.clock.fire(unique_name)["error"]
    finally:
        scheduler.delete_schedule(Name=unique_name)


def test_disabled_rule_is_fired_by_hand_and_its_next_time_stays(
    running_testbed: Deployed, aws: Aws, unique_name: str, queue: str, queue_arn: str
) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    aws.events.put_rule(Name=unique_name, ScheduleExpression="rate(1 day)", State="DISABLED")
    aws.events.put_targets(Rule=unique_name, Targets=[{"Id": "1", "Arn": queue_arn}])
    clock = running_testbed.testbed.clock
    try:
        before = datetime.fromisoformat(clock.view()["now"])
        firing = clock.fire(unique_name)
        assert "error" not in firing
        scheduled = datetime.fromisoformat(firing["scheduled_time"])
        assert before - timedelta(seconds=1) <= scheduled <= before + timedelta(seconds=5)
        got = aws.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
        assert json.loads(got[0]["Body"])["time"] == scheduled.strftime("%Y-%m-%dT%H:%M:%SZ")
        [shown] = [each for each in clock.view()["next"] if each["name"] == unique_name]
        assert "scheduled_time" not in shown
    finally:
        aws.events.remove_targets(Rule=unique_name, Ids=["1"])
        aws.events.delete_rule(Name=unique_name)


def test_pass_role_is_not_enforced(
    running_testbed: Deployed, aws: Aws, unique_name: str, new_role: Callable[..., str]
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html"""
    allowed = new_role("lambda:*")  # and not iam:PassRole
    session = aws.client("sts").assume_role(RoleArn=allowed, RoleSessionName="test")["Credentials"]
    lambda_ = aws.session.client(
        "lambda",
        endpoint_url=running_testbed.endpoint_url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    assert create_function(lambda_, unique_name, new_role())
    lambda_.delete_function(FunctionName=unique_name)


def test_authentication_on_unsubscribe_changes_nothing(
    running_testbed: Deployed, aws: Aws, unique_name: str, topic: str
) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html"""
    address = f"{unique_name}@example.com"
    inbox = running_testbed.testbed.inbox

    def email(text: str) -> str | None:
        bodies = [each.body for each in inbox.emails() if each.recipients == (address,)]
        return next((body for body in bodies if text in body), None)

    aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=address)
    request = until(
        lambda: email("ConfirmSubscription"), within=_LIMIT_SECONDS, what="email with a link"
    )
    token = re.search(r"Token=(\w+)", request)
    assert token
    aws.sns.confirm_subscription(TopicArn=topic, Token=token[1], AuthenticateOnUnsubscribe="true")
    aws.sns.publish(TopicArn=topic, Message="published")
    notification = until(lambda: email("published"), within=_LIMIT_SECONDS, what="notification")
    link = re.search(r"https?://\S+Action=Unsubscribe\S+", notification)
    assert link
    assert requests.get(link[0], timeout=10).ok
    assert aws.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_queue_is_purged_twice_and_created_again_at_once(aws: Aws, unique_name: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html"""
    url = aws.sqs.create_queue(QueueName=unique_name)["QueueUrl"]
    for _ in range(2):
        aws.sqs.purge_queue(QueueUrl=url)
    aws.sqs.delete_queue(QueueUrl=url)
    assert aws.sqs.create_queue(QueueName=unique_name)["QueueUrl"] == url
    aws.sqs.delete_queue(QueueUrl=url)


def test_topic_for_large_messages_accepts_any_protocol(aws: Aws, topic: str) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/large-message-payloads.html"""
    aws.sns.set_topic_attributes(
        TopicArn=topic, AttributeName="MaximumMessageSize", AttributeValue=str(512 * 1024)
    )
    assert aws.sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="large@example.com")


def test_event_pattern_may_be_longer(aws: Aws, unique_name: str) -> None:
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"""

    def put(length: int) -> None:
        pattern = json.dumps({"source": ["x"]})
        pattern = pattern.replace("x", "x" * (length - len(pattern) + 1))
        aws.events.put_rule(Name=unique_name, EventPattern=pattern)

    put(4096)
    with pytest.raises(ClientError, match="less than or equal to 4096"):
        put(4097)
    aws.events.delete_rule(Name=unique_name)


def test_policy_of_a_queue_may_be_longer(aws: Aws, queue: str) -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html"""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    statements = [{**statement, "Sid": f"number{number}"} for number in range(21)]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})


def test_function_has_all_cores(aws: Aws, function: str) -> None:
    answer = json.load(aws.lambda_.invoke(FunctionName=function, Payload=b"{}")["Payload"])
    assert json.loads(answer["body"])["cores"] == os.cpu_count()


def test_sdk_in_the_runtime_is_the_one_that_the_page_names() -> None:
    [version] = re.findall(r"boto3 ([\d.]+\d);", (ROOT / "docs/fidelity.md").read_text())
    locked = (ROOT / "testbed/emulators/locks/runtime.txt").read_text()
    assert f"\nboto3=={version}" in f"\n{locked}"


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("lambda_service/asynchronous_invocation.py", "MAX_CONCURRENT_EVENTS", 32),
        ("schedules/matched_rules.py", "WAITING_LIMIT", 10_000),
        ("sns/delivery.py", "WAITING_LIMIT", 10_000),
    ],
)
def test_numbers_that_the_page_names(path: str, name: str, value: int) -> None:
    source = (ROOT / "extension/src/localstack_testbed" / path).read_text()
    assigned = re.findall(rf"^{name} = ([\d_]+)\b", source, re.MULTILINE)
    assert value in [int(each) for each in assigned]
    assert f"{value:,}" in (ROOT / "docs/fidelity.md").read_text()


def test_bucket_is_rejected_as_a_destination(aws: Aws, function: str, bucket: str) -> None:
    destination: Any = {"OnFailure": {"Destination": f"arn:aws:s3:::{bucket}"}}
    with pytest.raises(aws.lambda_.exceptions.InvalidParameterValueException):
        aws.lambda_.put_function_event_invoke_config(
            FunctionName=function, DestinationConfig=destination
        )


def test_weights_of_an_alias(aws: Aws, function: str) -> None:
    def routing(weight: float) -> Any:
        return {"AdditionalVersionWeights": {"2": weight}}

    aws.lambda_.update_function_configuration(FunctionName=function, Description="another")
    delay: Any = {"Delay": 0.05, "MaxAttempts": 400}
    aws.lambda_.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig=delay)
    assert aws.lambda_.publish_version(FunctionName=function)["Version"] == "2"
    aws.lambda_.create_alias(
        FunctionName=function, Name="some", FunctionVersion="1", RoutingConfig=routing(0.5)
    )
    with pytest.raises(ClientError, match=r"1\.0"):
        aws.lambda_.create_alias(
            FunctionName=function, Name="all", FunctionVersion="1", RoutingConfig=routing(1.0)
        )


def test_percentiles_fail(aws: Aws) -> None:
    now = datetime.now(UTC)
    with pytest.raises(ClientError, match="InternalError"):
        aws.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName="Duration",
            StartTime=now - timedelta(hours=1),
            EndTime=now,
            Period=60,
            ExtendedStatistics=["p99"],
        )


@dataclass(frozen=True)
class _Api:
    id: str
    url: str


@pytest.fixture
def api(running_testbed: Deployed, aws: Aws, unique_name: str, function: str) -> Iterator[_Api]:
    """An API whose POST calls a function that returns the body that it received."""
    gateway: Any = aws.client("apigateway")
    identity = gateway.create_rest_api(name=unique_name)["id"]
    root = gateway.get_resources(restApiId=identity)["items"][0]["id"]
    place = {"restApiId": identity, "resourceId": root, "httpMethod": "POST"}
    gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(
        **place,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    aws.lambda_.add_permission(
        FunctionName=function,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )
    gateway.create_deployment(restApiId=identity, stageName="v1")
    yield _Api(identity, f"{running_testbed.endpoint_url}/_aws/execute-api/{identity}/v1/")
    gateway.delete_rest_api(restApiId=identity)


def test_rates_are_not_limited(aws: Aws, api: _Api) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html"""
    operations = [
        {"op": "replace", "path": f"/*/*/throttling/{name}", "value": "1"}
        for name in ("rateLimit", "burstLimit")
    ]
    gateway: Any = aws.client("apigateway")
    stage = gateway.update_stage(restApiId=api.id, stageName="v1", patchOperations=operations)
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 1
    with requests.Session() as session:
        answers = [session.post(api.url, timeout=10).status_code for _ in range(_BURST)]
    assert answers == [200] * _BURST


def test_address_of_the_api(running_testbed: Deployed) -> None:
    base = f"{running_testbed.endpoint_url}/_aws/execute-api/website-monitor/v1"
    assert running_testbed.api_url == base
    # Not /status, because other tests have changed the sites.
    assert requests.get(f"{base}/incidents", timeout=10).ok


def test_settings_of_a_stage_are_stored(aws: Aws) -> None:
    gateway: Any = aws.client("apigateway")
    stage = gateway.get_stage(restApiId="website-monitor", stageName="v1")
    assert "ThrottlingRateLimit: 20" in (ROOT / "template.yaml").read_text()
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 20
    assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 40


def test_lifecycle_rules_in_a_template_are_stored(running_testbed: Deployed, aws: Aws) -> None:
    assert "LifecycleConfiguration:" in (ROOT / "template.yaml").read_text()
    bucket = running_testbed.outputs["BucketName"]
    assert aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]


def test_lifecycle_rules_of_the_api_are_stored(aws: Aws, bucket: str) -> None:
    rule: Any = {
        "ID": "forget", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
    }  # fmt: skip
    aws.s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [rule]}
    )
    assert aws.s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == [rule]


def test_replication_and_access_logs_are_stored(aws: Aws, bucket: str) -> None:
    other = f"{bucket}-other"
    aws.s3.create_bucket(Bucket=other)
    for name in (bucket, other):
        aws.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule: Any = {
        "Status": "Enabled", "Priority": 1, "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{other}"},
    }  # fmt: skip
    role = "arn:aws:iam::000000000000:role/replication"
    aws.s3.put_bucket_replication(
        Bucket=bucket, ReplicationConfiguration={"Role": role, "Rules": [rule]}
    )
    logs: Any = {"LoggingEnabled": {"TargetBucket": other, "TargetPrefix": ""}}
    aws.s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=logs)
    made = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    try:
        assert aws.s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
        assert not aws.s3.list_objects_v2(Bucket=other).get("Contents")
    finally:
        aws.s3.delete_object(Bucket=bucket, Key="a", VersionId=made["VersionId"])
        aws.s3.delete_bucket(Bucket=other)


def test_data_protection_of_a_topic_is_stored(
    aws: Aws, topic: str, queue: str, queue_arn: str
) -> None:
    statement = {
        "DataDirection": "Inbound",
        "Principal": ["*"],
        "DataIdentifier": ["arn:aws:dataprotection::aws:data-identifier/EmailAddress"],
        "Operation": {"Deny": {}},
    }
    policy = {"Name": "no-addresses", "Version": "2021-06-01", "Statement": [statement]}
    aws.sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy=json.dumps(policy))
    assert (
        "no-addresses"
        in aws.sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"]
    )
    allowed = {
        "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage", "Resource": queue_arn,
    }  # fmt: skip
    allow = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    aws.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": allow})
    aws.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)
    aws.sns.publish(TopicArn=topic, Message="someone@example.com")
    [message] = aws.sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"]
    assert "someone@example.com" in message["Body"]


def test_conditional_writes(aws: Aws, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
    first = aws.s3.put_object(Bucket=bucket, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
    conditions: list[dict[str, Any]] = [{"IfNoneMatch": "*"}, {"IfMatch": '"another"'}]
    for condition in conditions:
        with pytest.raises(ClientError) as failed:
            aws.s3.put_object(Bucket=bucket, Key="a", Body=b"2", **condition)
        assert failed.value.response["Error"]["Code"] == "PreconditionFailed"
        assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    aws.s3.put_object(Bucket=bucket, Key="a", Body=b"2", IfMatch=first)
    assert aws.s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"2"
    with pytest.raises(ClientError, match="NoSuchKey"):
        aws.s3.put_object(Bucket=bucket, Key="none", Body=b"3", IfMatch=first)


@pytest.fixture
def deploy_stack(aws: Aws, unique_name: str) -> Iterator[Callable[..., dict[str, str]]]:
    """Create a stack with the tag team=shop, and return the physical ids of its resources."""
    client: Any = aws.cloudformation
    waiter: Any = {"Delay": 0.1, "MaxAttempts": 200}

    def deploy(**resources: Any) -> dict[str, str]:
        client.create_stack(
            StackName=unique_name,
            TemplateBody=json.dumps({"Resources": resources}),
            Tags=[{"Key": "team", "Value": "shop"}],
        )
        client.get_waiter("stack_create_complete").wait(StackName=unique_name, WaiterConfig=waiter)
        found = client.describe_stack_resources(StackName=unique_name)["StackResources"]
        return {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}

    yield deploy
    client.delete_stack(StackName=unique_name)
    client.get_waiter("stack_delete_complete").wait(StackName=unique_name, WaiterConfig=waiter)


def test_resources_have_no_system_tags(
    aws: Aws, deploy_stack: Callable[..., dict[str, str]]
) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html"""
    ids = deploy_stack(Queue={"Type": "AWS::SQS::Queue"})
    assert aws.sqs.list_queue_tags(QueueUrl=ids["Queue"])["Tags"] == {"team": "shop"}


def test_identity_of_a_stack_is_verified_at_once(
    aws: Aws, deploy_stack: Callable[..., dict[str, str]]
) -> None:
    """https://docs.aws.amazon.com/ses/latest/dg/creating-identities.html"""
    identity = {
        "Type": "AWS::SES::EmailIdentity",
        "Properties": {"EmailIdentity": "shop.example.com"},
    }
    deploy_stack(Identity=identity)
    found: Any = aws.client("ses").get_identity_verification_attributes(
        Identities=["shop.example.com"]
    )
    status = found["VerificationAttributes"]["shop.example.com"]["VerificationStatus"]
    assert status == "Success"


def test_cloudformation_needs_no_permissions(
    running_testbed: Deployed, aws: Aws, unique_name: str, new_role: Callable[..., str]
) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html"""
    caller = new_role("cloudformation:CreateStack", "cloudformation:DescribeStacks")
    powerless = new_role(service="cloudformation")
    session = aws.client("sts").assume_role(RoleArn=caller, RoleSessionName="test")["Credentials"]
    client = aws.session.client(
        "cloudformation",
        endpoint_url=running_testbed.endpoint_url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    with pytest.raises(ClientError, match="not authorized to perform: cloudformation:ListStacks"):
        client.list_stacks()
    template = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
    waiter: Any = {"Delay": 0.1, "MaxAttempts": 200}
    try:
        client.create_stack(StackName=unique_name, TemplateBody=template, RoleARN=powerless)
        client.get_waiter("stack_create_complete").wait(StackName=unique_name, WaiterConfig=waiter)
        [stack] = client.describe_stacks(StackName=unique_name)["Stacks"]
        assert stack["RoleARN"] == powerless
    finally:
        aws.cloudformation.delete_stack(StackName=unique_name)
        aws.cloudformation.get_waiter("stack_delete_complete").wait(
            StackName=unique_name, WaiterConfig=waiter
        )
