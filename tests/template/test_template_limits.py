"""The template keeps AWS's limits, which otherwise only a deployment to AWS would show.

The linter knows some of them; those between resources, and those of sizes, it does not.
"""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from testbed.project.template import read_template
from tests.handlers.examples import ROOT

TEMPLATE = read_template(Path(ROOT, "template.yaml"))
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
DEPLOY = tomllib.loads(Path(ROOT, "samconfig.toml").read_text())["default"]["deploy"]["parameters"]
DOCS = "https://docs.aws.amazon.com"

FUNCTION, API, QUEUE = "AWS::Serverless::Function", "AWS::Serverless::Api", "AWS::SQS::Queue"
RULE, SCHEDULE, TOPIC = "AWS::Events::Rule", "AWS::Scheduler::Schedule", "AWS::SNS::Topic"
ROLE, LOGS, POLICY = "AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::SQS::QueuePolicy"

# What has a name or a description: the kind, where it stands, its longest and its characters.
TEXTS = [
    (FUNCTION, "FunctionName", 64, r"[\w-]+", "lambda/latest/api/API_CreateFunction.html"),
    (FUNCTION, "Description", 256, ".*", "lambda/latest/api/API_CreateFunction.html"),
    (FUNCTION, "Handler", 128, r"\S+", "lambda/latest/api/API_CreateFunction.html"),
    (FUNCTION, "Events.*.Properties.RuleName", 64, r"[\w.-]+",
     "eventbridge/latest/APIReference/API_PutRule.html"),
    (RULE, "Name", 64, r"[\w.-]+", "eventbridge/latest/APIReference/API_PutRule.html"),
    (RULE, "Description", 512, ".*", "eventbridge/latest/APIReference/API_PutRule.html"),
    (RULE, "Targets.*.Id", 64, r"[\w.-]+", "eventbridge/latest/APIReference/API_Target.html"),
    (SCHEDULE, "Name", 64, r"[\w.-]+", "scheduler/latest/APIReference/API_CreateSchedule.html"),
    (SCHEDULE, "Description", 512, ".*",
     "scheduler/latest/APIReference/API_CreateSchedule.html"),
    (QUEUE, "QueueName", 80, r"[\w-]+",
     "AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"),
    (TOPIC, "TopicName", 256, r"[\w-]+", "sns/latest/api/API_CreateTopic.html"),
    (TOPIC, "DisplayName", 100, ".*", "sns/latest/dg/sns-create-topic.html"),
    (LOGS, "LogGroupName", 512, r"[\w./#-]+",
     "AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html"),
    (ROLE, "Policies.*.PolicyName", 128, r"[\w+=,.@-]+",
     "IAM/latest/APIReference/API_PutRolePolicy.html"),
    (API, "StageName", 128, r"\w[\w-]*", "apigateway/latest/api/API_CreateStage.html"),
]  # fmt: skip

# What has a range: the kind, where it stands, the least and the most.
NUMBERS = [
    (FUNCTION, "MemorySize", 128, 10_240, "lambda/latest/dg/gettingstarted-limits.html"),
    (FUNCTION, "Timeout", 1, 900, "lambda/latest/dg/gettingstarted-limits.html"),
    (FUNCTION, "EventInvokeConfig.MaximumRetryAttempts", 0, 2,
     "lambda/latest/api/API_PutFunctionEventInvokeConfig.html"),
    (FUNCTION, "EventInvokeConfig.MaximumEventAgeInSeconds", 60, 21_600,
     "lambda/latest/api/API_PutFunctionEventInvokeConfig.html"),
    (FUNCTION, "Events.*.Properties.RetryPolicy.MaximumRetryAttempts", 0, 185,
     "eventbridge/latest/APIReference/API_RetryPolicy.html"),
    (FUNCTION, "Events.*.Properties.RetryPolicy.MaximumEventAgeInSeconds", 60, 86_400,
     "eventbridge/latest/APIReference/API_RetryPolicy.html"),
    (FUNCTION, "Events.*.Properties.BatchSize", 1, 10_000,
     "lambda/latest/api/API_CreateEventSourceMapping.html"),
    (RULE, "Targets.*.RetryPolicy.MaximumRetryAttempts", 0, 185,
     "eventbridge/latest/APIReference/API_RetryPolicy.html"),
    (RULE, "Targets.*.RetryPolicy.MaximumEventAgeInSeconds", 60, 86_400,
     "eventbridge/latest/APIReference/API_RetryPolicy.html"),
    (SCHEDULE, "Target.RetryPolicy.MaximumRetryAttempts", 0, 185,
     "scheduler/latest/APIReference/API_RetryPolicy.html"),
    (SCHEDULE, "Target.RetryPolicy.MaximumEventAgeInSeconds", 60, 86_400,
     "scheduler/latest/APIReference/API_RetryPolicy.html"),
    (QUEUE, "VisibilityTimeout", 0, 43_200,
     "AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"),
    (QUEUE, "MessageRetentionPeriod", 60, 1_209_600,
     "AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"),
    (QUEUE, "RedrivePolicy.maxReceiveCount", 1, 1000,
     "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue.html"),
    (API, "MethodSettings.*.ThrottlingRateLimit", 0, 10_000,
     "apigateway/latest/developerguide/api-gateway-request-throttling.html"),
    (API, "MethodSettings.*.ThrottlingBurstLimit", 0, 5_000,
     "apigateway/latest/developerguide/api-gateway-request-throttling.html"),
]  # fmt: skip


def found(kind: str, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each resource of a kind, by its logical id, with what its properties have at a path."""
    for name, resource in RESOURCES.items():
        if resource["Type"] == kind:
            shared = TEMPLATE["Globals"]["Function"] if kind == FUNCTION else {}
            values = [{**shared, **resource.get("Properties", {})}]
            for step in path.split(".") if path else ():
                inner = [_step(value, step) for value in values]
                values = [each for several in inner for each in several]
            yield from ((name, value) for value in values)


def _step(value: Any, step: str) -> list[Any]:
    if step == "*":
        return list(value.values() if isinstance(value, dict) else value)
    return [value[step]] if step in value else []


def size(value: Any) -> int:
    """Return the length of a JSON document on AWS, with references as long as long ARNs."""

    def resolved(part: Any) -> Any:
        if isinstance(part, dict):
            if len(part) == 1 and next(iter(part)).startswith(("Ref", "Fn::")):
                return "x" * 150
            return {key: resolved(each) for key, each in part.items()}
        return [resolved(each) for each in part] if isinstance(part, list) else part

    return len(json.dumps(resolved(value), separators=(",", ":")))


@pytest.mark.parametrize(("kind", "path", "longest", "characters", "page"), TEXTS)
def test_names_and_descriptions(
    kind: str, path: str, longest: int, characters: str, page: str
) -> None:
    texts = list(found(kind, path))
    assert texts
    for name, text in texts:
        assert len(text) <= longest, f"{name}: {DOCS}/{page}"
        assert re.fullmatch(characters, text, re.ASCII), f"{name}: {DOCS}/{page}"


@pytest.mark.parametrize(("kind", "path", "least", "most", "page"), NUMBERS)
def test_ranges(kind: str, path: str, least: int, most: int, page: str) -> None:
    numbers = list(found(kind, path))
    assert numbers
    for name, number in numbers:
        assert least <= number <= most, f"{name}: {DOCS}/{page}"


def test_names_that_cloudformation_makes_are_not_cut() -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html"""
    for name, _ in found(ROLE):
        assert len(f"{DEPLOY['stack_name']}-{name}-XXXXXXXXXXXX") <= 64


def test_sizes() -> None:
    """The pages: lambda/…/gettingstarted-limits, IAM/…/reference_iam-quotas, AWSSimpleQueueService/
    …/quotas-policies, eventbridge/…/eb-quota.
    """
    for name, variables in found(FUNCTION, "Environment.Variables"):
        shared = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        assert size({**shared, **variables}) <= 4096, name
    for name, policies in found(ROLE, "Policies"):
        assert sum(size(policy["PolicyDocument"]) for policy in policies) <= 10_240, name
    for name, document in found(POLICY, "PolicyDocument"):
        assert size(document) <= 8192, name
    for name, pattern in found(FUNCTION, "Events.*.Properties.Pattern"):
        assert size(pattern) <= 2048, name
    for name, targets in found(RULE, "Targets"):
        assert len(targets) <= 5, name


def test_template_itself() -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
    assert Path(ROOT, "template.yaml").stat().st_size <= 1_000_000
    assert len(TEMPLATE["Description"].encode()) <= 1024
    for section, most in (("Parameters", 200), ("Outputs", 200), ("Resources", 500)):
        assert len(TEMPLATE[section]) <= most
        assert all(re.fullmatch("[a-zA-Z0-9]{1,255}", name) for name in TEMPLATE[section])
    assert all(len(each["Description"]) <= 4000 for each in TEMPLATE["Parameters"].values())
    assert all(len(each["Description"]) <= 1024 for each in TEMPLATE["Outputs"].values())


def test_tags() -> None:
    """https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html"""
    of_stack = dict(re.findall(r'(\S+)="([^"]*)"', DEPLOY["tags"]))
    assert of_stack
    for _, tags in found(API, "Tags"):
        every = {**of_stack, **tags}
        assert len(every) <= 50
        for key, value in every.items():
            assert re.fullmatch(r"(?!aws:)[\w .:/=+@-]{1,128}", key)
            assert re.fullmatch(r"[\w .:/=+@-]{0,256}", value)


def test_large_batches_have_a_window() -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html"""
    for name, event in found(FUNCTION, "Events.*.Properties"):
        window = event.get("MaximumBatchingWindowInSeconds", 0)
        assert event.get("BatchSize", 10) <= 10 or window >= 1, name


def test_functions_of_the_api_answer_before_it_gives_up() -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html"""
    asked = [each for _, each in found(FUNCTION) if _has_event(each, "Api")]
    assert asked
    assert all(each["Timeout"] <= 29 for each in asked)


def test_dead_letters_outlive_what_they_were() -> None:
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
    kept = dict(found(QUEUE, "MessageRetentionPeriod"))
    pairs = list(found(QUEUE, "RedrivePolicy.deadLetterTargetArn.Fn::GetAtt"))
    assert pairs
    for source, (dead, _) in pairs:
        assert kept[dead] > kept[source]


def _has_event(function: dict[str, Any], kind: str) -> bool:
    return any(event["Type"] == kind for event in function.get("Events", {}).values())
