"""Each service after a reset: what is new is gone, and what was saved is as it was."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.control import ErrorResponse
from tests.extension.lambda_functions import ROLE
from tests.extension.live.reset.saved_states import SavedState, saved

ACCOUNT = "000000000000"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}],
    }
)
RULE = {"ScheduleExpression": "rate(1 day)"}
ALARM = {
    "MetricName": "m", "Namespace": "n", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
    "ComparisonOperator": "GreaterThanThreshold", "Statistic": "Sum",
}  # fmt: skip
SCHEDULE = {
    "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q", "RoleArn": ROLE},
}  # fmt: skip
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def topic(name: str) -> str:
    return f"arn:aws:sns:us-east-1:{ACCOUNT}:{name}"


def subscribe(aws: Clients, name: str, queue: str) -> None:
    arn = aws["sns"].create_topic(Name=name)["TopicArn"]
    endpoint = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{queue}"
    aws["sns"].subscribe(TopicArn=arn, Protocol="sqs", Endpoint=endpoint)


def put_secret(aws: Clients, name: str, value: str) -> None:
    aws["secretsmanager"].put_secret_value(SecretId=name, SecretString=value)


def create_stack(aws: Clients, name: str) -> None:
    aws["cloudformation"].create_stack(StackName=name, TemplateBody=TEMPLATE)
    waiter = aws["cloudformation"].get_waiter("stack_create_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})


def queue_url(aws: Clients, name: str) -> str:
    return str(aws["sqs"].get_queue_url(QueueName=name)["QueueUrl"])


type Act = Callable[[Clients, str], Any]

# Creates a resource, shows it, changes it by hand, and deletes it.
RESOURCES: dict[str, tuple[Act, Act, Act, Act]] = {
    "queue": (
        lambda aws, name: aws["sqs"].create_queue(QueueName=name),
        lambda aws, name: aws["sqs"].get_queue_attributes(
            QueueUrl=queue_url(aws, name), AttributeNames=["All"]
        )["Attributes"],
        lambda aws, name: aws["sqs"].set_queue_attributes(
            QueueUrl=queue_url(aws, name), Attributes={"VisibilityTimeout": "7"}
        ),
        lambda aws, name: aws["sqs"].delete_queue(QueueUrl=queue_url(aws, name)),
    ),
    "topic": (
        lambda aws, name: aws["sns"].create_topic(Name=name),
        lambda aws, name: aws["sns"].get_topic_attributes(TopicArn=topic(name))["Attributes"],
        lambda aws, name: aws["sns"].set_topic_attributes(
            TopicArn=topic(name), AttributeName="DisplayName", AttributeValue="changed"
        ),
        lambda aws, name: aws["sns"].delete_topic(TopicArn=topic(name)),
    ),
    "subscription": (
        lambda aws, name: subscribe(aws, name, "q"),
        lambda aws, name: aws["sns"].list_subscriptions_by_topic(TopicArn=topic(name))[
            "Subscriptions"
        ]
        or None,
        lambda aws, name: subscribe(aws, name, "r"),
        lambda aws, name: [
            aws["sns"].unsubscribe(SubscriptionArn=each["SubscriptionArn"])
            for each in aws["sns"].list_subscriptions_by_topic(TopicArn=topic(name))[
                "Subscriptions"
            ]
        ],
    ),
    "bucket": (
        lambda aws, name: aws["s3"].create_bucket(Bucket=name),
        lambda aws, name: aws["s3"].get_bucket_versioning(Bucket=name).get("Status"),
        lambda aws, name: aws["s3"].put_bucket_versioning(
            Bucket=name, VersioningConfiguration={"Status": "Enabled"}
        ),
        lambda aws, name: aws["s3"].delete_bucket(Bucket=name),
    ),
    "role": (
        lambda aws, name: aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=TRUST),
        lambda aws, name: (
            aws["iam"].get_role(RoleName=name)["Role"]["MaxSessionDuration"],
            aws["iam"].list_role_policies(RoleName=name)["PolicyNames"],
        ),
        lambda aws, name: aws["iam"].put_role_policy(
            RoleName=name, PolicyName="p", PolicyDocument=POLICY
        ),
        lambda aws, name: aws["iam"].delete_role(RoleName=name),
    ),
    "rule": (
        lambda aws, name: aws["events"].put_rule(Name=name, **RULE),
        lambda aws, name: aws["events"].describe_rule(Name=name)["State"],
        lambda aws, name: aws["events"].disable_rule(Name=name),
        lambda aws, name: aws["events"].delete_rule(Name=name),
    ),
    "schedule": (
        lambda aws, name: aws["scheduler"].create_schedule(Name=name, **SCHEDULE),
        lambda aws, name: aws["scheduler"].get_schedule(Name=name)["ScheduleExpression"],
        lambda aws, name: aws["scheduler"].update_schedule(
            Name=name, **(SCHEDULE | {"ScheduleExpression": "rate(2 days)"})
        ),
        lambda aws, name: aws["scheduler"].delete_schedule(Name=name),
    ),
    "log group": (
        lambda aws, name: aws["logs"].create_log_group(logGroupName=name),
        lambda aws, name: (
            aws["logs"].describe_log_groups(logGroupNamePrefix=name)["logGroups"][0].get(
                "retentionInDays"
            ),
            aws["logs"].describe_log_streams(logGroupName=name)["logStreams"],
        ),
        lambda aws, name: [
            aws["logs"].put_retention_policy(logGroupName=name, retentionInDays=3),
            aws["logs"].create_log_stream(logGroupName=name, logStreamName="s"),
        ],
        lambda aws, name: aws["logs"].delete_log_group(logGroupName=name),
    ),
    "alarm": (
        lambda aws, name: aws["cloudwatch"].put_metric_alarm(AlarmName=name, **ALARM),
        lambda aws, name: aws["cloudwatch"].describe_alarms(AlarmNames=[name])["MetricAlarms"][0][
            "StateValue"
        ],
        lambda aws, name: aws["cloudwatch"].set_alarm_state(
            AlarmName=name, StateValue="ALARM", StateReason="test"
        ),
        lambda aws, name: aws["cloudwatch"].delete_alarms(AlarmNames=[name]),
    ),
    "parameter": (
        lambda aws, name: aws["ssm"].put_parameter(Name=name, Value="one", Type="String"),
        lambda aws, name: aws["ssm"].get_parameter(Name=name)["Parameter"]["Value"],
        lambda aws, name: aws["ssm"].put_parameter(Name=name, Value="two", Overwrite=True),
        lambda aws, name: aws["ssm"].delete_parameter(Name=name),
    ),
    "secret": (
        lambda aws, name: aws["secretsmanager"].create_secret(Name=name, SecretString="one"),
        lambda aws, name: aws["secretsmanager"].get_secret_value(SecretId=name)["SecretString"],
        lambda aws, name: put_secret(aws, name, "two"),
        lambda aws, name: aws["secretsmanager"].delete_secret(
            SecretId=name, ForceDeleteWithoutRecovery=True
        ),
    ),
    "key": (
        lambda aws, name: aws["kms"].create_alias(
            AliasName=f"alias/{name}", TargetKeyId=aws["kms"].create_key()["KeyMetadata"]["KeyId"]
        ),
        lambda aws, name: aws["kms"].describe_key(KeyId=f"alias/{name}")["KeyMetadata"][
            "KeyState"
        ],
        lambda aws, name: aws["kms"].disable_key(
            KeyId=aws["kms"].describe_key(KeyId=f"alias/{name}")["KeyMetadata"]["KeyId"]
        ),
        lambda aws, name: aws["kms"].delete_alias(AliasName=f"alias/{name}"),
    ),
    "API": (
        lambda aws, name: aws["apigateway"].create_rest_api(
            name=name, tags={"_custom_id_": name}
        ),
        lambda aws, name: (
            aws["apigateway"].get_rest_api(restApiId=name).get("description"),
            [each["path"] for each in aws["apigateway"].get_resources(restApiId=name)["items"]],
        ),
        lambda aws, name: aws["apigateway"].create_resource(
            restApiId=name, pathPart="new",
            parentId=aws["apigateway"].get_resources(restApiId=name)["items"][0]["id"],
        ),
        lambda aws, name: aws["apigateway"].delete_rest_api(restApiId=name),
    ),
    "stack": (
        create_stack,
        lambda aws, name: (
            aws["cloudformation"].describe_stacks(StackName=name)["Stacks"][0]["StackStatus"],
            aws["cloudformation"].describe_stacks(StackName=name)["Stacks"][0][
                "EnableTerminationProtection"
            ],
        ),
        lambda aws, name: aws["cloudformation"].update_termination_protection(
            StackName=name, EnableTerminationProtection=True
        ),
        lambda aws, name: [
            aws["cloudformation"].delete_stack(StackName=name),
            aws["cloudformation"]
            .get_waiter("stack_delete_complete")
            .wait(StackName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200}),
        ],
    ),
    "identity": (
        lambda aws, name: aws["ses"].verify_email_identity(EmailAddress=f"{name}@example.com"),
        lambda aws, name: aws["ses"].list_identities()["Identities"].index(f"{name}@example.com")
        >= 0,
        lambda aws, name: aws["ses"].verify_email_identity(EmailAddress=f"{name}@example.com"),
        lambda aws, name: aws["ses"].delete_identity(Identity=f"{name}@example.com"),
    ),
}  # fmt: skip


def shows(show: Act, aws: Clients, name: str) -> Any:
    """Return what a resource shows, or None if there is none."""
    try:
        return show(aws, name)
    except (IndexError, KeyError, ValueError):
        return None
    except Exception as error:
        response = getattr(error, "response", None)
        if response is None:
            raise
        return None


@pytest.mark.parametrize("kind", RESOURCES)
def test_resources(localstack_endpoint: str, aws: Clients, name: str, kind: str) -> None:
    """What is new is gone; what was changed or deleted by hand is as it was."""
    create, show, change, delete = RESOURCES[kind]
    changed, deleted, new = f"{name}-changed", f"{name}-deleted", f"{name}-new"
    create(aws, changed)
    create(aws, deleted)
    with saved(localstack_endpoint, name) as state:
        before = shows(show, aws, changed), shows(show, aws, deleted)
        create(aws, new)
        change(aws, changed)
        delete(aws, deleted)

        state.restore()

        assert (shows(show, aws, changed), shows(show, aws, deleted)) == before
        assert shows(show, aws, new) is None
        # They work as before.
        change(aws, changed)
        delete(aws, deleted)
        create(aws, new)
        assert shows(show, aws, deleted) is None
        state.restore()
        assert (shows(show, aws, changed), shows(show, aws, deleted)) == before
    for each in (changed, deleted):
        delete(aws, each)


def test_empty_state_and_back(localstack_endpoint: str, aws: Clients, name: str) -> None:
    """The empty state has none of the resources; a saved state then brings all of them back."""
    for create, *_ in RESOURCES.values():
        create(aws, name)
    with saved(localstack_endpoint, name) as state:
        before = {kind: shows(show, aws, name) for kind, (_, show, *_) in RESOURCES.items()}

        removed = state.empty()["removed"]

        assert name in removed["queue"]
        assert {kind: shows(show, aws, name) for kind, (_, show, *_) in RESOURCES.items()} == (
            dict.fromkeys(RESOURCES)
        )
        assert aws["sqs"].list_queues().get("QueueUrls") is None
        assert aws["iam"].list_roles()["Roles"] == []
        restored = state.restore()["restored"]
        assert name in restored["queue"]
        assert {kind: shows(show, aws, name) for kind, (_, show, *_) in RESOURCES.items()} == before
    for *_, delete in reversed(RESOURCES.values()):
        delete(aws, name)


def test_state_that_does_not_exist(localstack_endpoint: str, name: str) -> None:
    with pytest.raises(ErrorResponse, match=f"404: there is no saved state '{name}'"):
        SavedState(localstack_endpoint, name).restore()
