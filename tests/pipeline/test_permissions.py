"""Every permission in the template is needed: without it AWS refuses, and says what it refuses.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from monitoring.alerts import document
from monitoring.incidents import Incident

from testbed.permissions import Permissions, Refusal
from testbed.template import read_template
from testbed.waiting import until
from tests.pipeline.conftest import Pipeline, WatchedSite

LIMIT_SECONDS = 20.0
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.000Z"
TEMPLATE = Path(__file__).parents[2] / "template.yaml"
FUNCTIONS = {
    "WebsiteMonitorRole": "website-monitor",
    "IncidentRecorderRole": "incident-recorder",
    "StatusApiRole": "status-api",
}


def allowed() -> Iterator[Any]:
    """Each action on each resource that the functions' roles of the template allow."""
    for role in FUNCTIONS:
        [policy] = read_template(TEMPLATE)["Resources"][role]["Properties"]["Policies"]
        for number, statement in enumerate(policy["PolicyDocument"]["Statement"]):
            resources = several(statement["Resource"])
            for action in several(statement["Action"]):
                for index in range(len(resources)):
                    label = f"{FUNCTIONS[role]}-{action}" + (f"-{index}" if index else "")
                    yield pytest.param(FUNCTIONS[role], number, action, index, id=label)


def several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


ALLOWED = list(allowed())
VALUES = [each.values for each in ALLOWED]


@pytest.mark.parametrize(("function", "number", "action", "index"), ALLOWED)
def test_permission_of_a_function_is_needed(
    pipeline: Pipeline,
    permissions: Permissions,
    site: WatchedSite,
    function: str,
    number: int,
    action: str,
    index: int,
) -> None:
    visitor = Visitor(pipeline, site)
    with without_permission(pipeline, function, number, action, index) as arn:
        refusals = until_refused(visitor.use_everything, lambda: refused(permissions, arn, action))
    spelled = re.escape({"sqs": action.lower(), "sns": "SNS:Publish"}.get(action[:3], action))
    pattern = (
        rf"User: arn:aws:sts::\d+:assumed-role/{arn.split('/')[-1]}/\S+ is not authorized to "
        rf"perform: {spelled} on resource: \S+ "
        rf"because no identity-based policy allows the {spelled} action"
    )
    for refusal in refusals:
        assert re.fullmatch(pattern, refusal.message), refusal.message


@pytest.mark.parametrize(
    ("function", "source"),
    [
        ("website-monitor", "rule/cron-rule"),
        ("website-monitor", "rule/check-requested"),
        ("status-api", "/GET/status"),
        ("status-api", "/GET/sites/*"),
        ("status-api", "/GET/incidents"),
        ("status-api", "/POST/checks"),
    ],
)
def test_permission_to_call_a_function_is_needed(
    pipeline: Pipeline, permissions: Permissions, site: WatchedSite, function: str, source: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html"""
    pipeline.declare(site.entry)
    visitor = Visitor(pipeline, site)
    with without_caller(pipeline, function, source) as principal:
        if function == "status-api":
            method, path = source.strip("/").split("/", 1)
            body = {"json": {"site": site.name}} if method == "POST" else {}
            answer = pipeline.api(method, "/" + path.replace("*", site.name), **body)
            assert (answer.status_code, answer.json()) == (
                500,
                {"message": "Internal server error"},
            )
        [refusal] = until_refused(
            visitor.visit,
            lambda: refused(permissions, principal, "lambda:InvokeFunction"),
        )
    assert refusal.message.startswith(
        f"User: {principal} is not authorized to perform: lambda:InvokeFunction on resource: arn:"
    )
    assert refusal.message.endswith(
        f"function:{function} because no resource-based policy allows the "
        "lambda:InvokeFunction action"
    )


def test_no_other_caller_is_permitted(pipeline: Pipeline) -> None:
    sources = {
        function: sorted(
            each["Condition"]["ArnLike"]["AWS:SourceArn"].split(":")[5].split("/", 1)[-1]
            for each in statements_of(pipeline, function)
        )
        for function in FUNCTIONS.values()
        if statements_of(pipeline, function)
    }
    assert set(sources) == {"website-monitor", "status-api"}
    assert sources["website-monitor"] == ["check-requested", "cron-rule"]
    assert len(sources["status-api"]) == 4


@pytest.mark.parametrize(
    ("queue", "principal"),
    [
        ("incident-queue", "sns.amazonaws.com"),
        ("incident-dlq", "sns.amazonaws.com"),
        ("website-monitor-dlq", "events.amazonaws.com"),
    ],
)
def test_queue_policy_is_needed(
    pipeline: Pipeline, permissions: Permissions, site: WatchedSite, queue: str, principal: str
) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-configure-dead-letter-queue.html"""
    visitor = Visitor(pipeline, site)
    with ExitStack() as broken:
        broken.enter_context(without_queue_policy(pipeline, queue))
        if queue == "incident-dlq":  # which is reached if the other one is not
            broken.enter_context(without_queue_policy(pipeline, "incident-queue"))
        if queue == "website-monitor-dlq":
            broken.enter_context(
                without_caller(pipeline, "website-monitor", "rule/check-requested")
            )
        refusals = until_refused(
            visitor.visit,
            lambda: refused(permissions, principal, "sqs:SendMessage", queue=queue),
        )
    for refusal in refusals:
        assert refusal.message == (
            f"User: {principal} is not authorized to perform: sqs:sendmessage on resource: "
            f"arn:aws:sqs:us-east-1:000000000000:{queue} because no resource-based policy allows "
            "the sqs:sendmessage action"
        )


@pytest.mark.usefixtures("permissions")
@pytest.mark.parametrize("action", ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"])
def test_queue_is_no_event_source_without_permission(pipeline: Pipeline, action: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
    number = next(index for function, index, one, _ in VALUES if one == f"sqs:{action}")
    with (
        without_permission(pipeline, "incident-recorder", number, f"sqs:{action}", 0),
        pytest.raises(ClientError) as refusal,
    ):
        pipeline.aws.lambda_.create_event_source_mapping(
            FunctionName="incident-recorder", EventSourceArn=arn_of("incident-queue")
        )
    error = refusal.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException"
    assert error["Message"] == (
        f"The provided execution role does not have permissions to call {action} on SQS"
    )


def test_nothing_is_allowed_that_is_not_used(
    pipeline: Pipeline, permissions: Permissions, site: WatchedSite
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"""
    visitor = Visitor(pipeline, site)
    roles = {role_of(pipeline, function) for function in FUNCTIONS.values()}
    left: list[str] = []

    def all_are_used() -> bool:
        visitor.use_everything()
        used = [each for each in permissions.principals() if each.arn in roles]
        left[:] = [f"{one.action} {one.resource}" for each in used for one in each.unused]
        return len(used) == len(roles) and not left

    until(all_are_used, within=LIMIT_SECONDS, what="use of all permissions")
    assert not left


class Visitor:
    """Goes the pipeline's ways again and again, whatever of them is blocked."""

    def __init__(self, pipeline: Pipeline, site: WatchedSite) -> None:
        self.pipeline = pipeline
        self.site = site
        self._is_down = False

    def visit(self) -> None:
        """Let an outage begin or end, be found in all ways, and be looked at."""
        pipeline, site = self.pipeline, self.site
        self._is_down = not self._is_down
        if self._is_down:
            site.website.answers(503)
        else:
            site.website.recovers()
        new = {**site.entry, "name": f"site-{uuid.uuid4().hex[:8]}"}
        pipeline.declare(site.entry, new)
        pipeline.check()
        pipeline.clock.fire("cron-rule")
        for path in ("/status", f"/sites/{site.name}", "/incidents"):
            pipeline.api("GET", path)
        pipeline.api("POST", "/checks", json={"sites": [site.name]})

    def use_everything(self) -> None:
        """Visit in new environments, and let happen what seldom does.

        A recovery that is told before its outage, a run that fails, and a look of Lambda at what
        the roles allow that it is given.
        """
        pipeline, functions = self.pipeline, self.pipeline.aws.lambda_
        for function in FUNCTIONS.values():
            functions.update_function_configuration(
                FunctionName=function, Description=uuid.uuid4().hex
            )
            functions.get_waiter("function_updated_v2").wait(FunctionName=function)
        self.visit()
        start, end = (datetime.now(UTC) - timedelta(hours=hours) for hours in (2, 1))
        recovery = Incident(
            site=self.site.name,
            url=self.site.website.url,
            severity="warning",
            started_at=start.strftime(TIME_FORMAT),
            reason="told late",
            ended_at=end.strftime(TIME_FORMAT),
        )
        pipeline.aws.sqs.send_message(
            QueueUrl=pipeline.outputs["IncidentQueueUrl"],
            MessageBody=json.dumps(document(recovery)),
        )
        pipeline.put_sites(b"sites: {this is no list}")
        functions.invoke(FunctionName="website-monitor", InvocationType="Event")
        config = functions.get_function_event_invoke_config(FunctionName="website-monitor")
        with suppress(functions.exceptions.InvalidParameterValueException):
            functions.put_function_event_invoke_config(
                FunctionName="website-monitor",
                MaximumRetryAttempts=config["MaximumRetryAttempts"],
                MaximumEventAgeInSeconds=config["MaximumEventAgeInSeconds"],
                DestinationConfig=config["DestinationConfig"],
            )
        # The mapping is there already, but what the role lacks is said first.
        with suppress(
            functions.exceptions.InvalidParameterValueException,
            functions.exceptions.ResourceConflictException,
        ):
            functions.create_event_source_mapping(
                FunctionName="incident-recorder", EventSourceArn=arn_of("incident-queue")
            )


def until_refused(go: Callable[[], None], find: Callable[[], list[Refusal]]) -> list[Refusal]:
    def refusals() -> list[Refusal]:
        go()
        return find()

    return until(refusals, within=LIMIT_SECONDS, what="refusal of what is not allowed any more")


def refused(
    permissions: Permissions, principal: str, action: str, queue: str = ""
) -> list[Refusal]:
    return [
        one
        for each in permissions.principals()
        if each.arn == principal
        for one in each.refused
        if one.action == action and (one.resource or "").endswith(queue)
    ]


def arn_of(queue: str) -> str:
    return f"arn:aws:sqs:us-east-1:000000000000:{queue}"


def role_of(pipeline: Pipeline, function: str) -> str:
    configuration = pipeline.aws.lambda_.get_function_configuration(FunctionName=function)
    return str(configuration["Role"])


@contextmanager
def without_permission(
    pipeline: Pipeline, function: str, number: int, action: str, index: int
) -> Iterator[str]:
    """Take one action on one resource out of the policy of a function's role."""
    arn = role_of(pipeline, function)
    iam: Any = pipeline.aws.session.client("iam", endpoint_url=pipeline.aws.endpoint_url)
    place = {"RoleName": arn.split("/")[-1], "PolicyName": function}
    usual: dict[str, Any] = dict(iam.get_role_policy(**place)["PolicyDocument"])

    def put(statements: list[dict[str, Any]]) -> None:
        iam.put_role_policy(**place, PolicyDocument=json.dumps(usual | {"Statement": statements}))

    left = []
    for position, statement in enumerate(usual["Statement"]):
        for one in several(statement["Action"]):
            for place_of, resource in enumerate(several(statement["Resource"])):
                if (position, one, place_of) != (number, action, index):
                    left.append({**statement, "Action": one, "Resource": resource})
    put(left)
    try:
        yield arn
    finally:
        put(usual["Statement"])


def statements_of(pipeline: Pipeline, function: str) -> list[dict[str, Any]]:
    functions = pipeline.aws.lambda_
    try:
        policy = functions.get_policy(FunctionName=function)["Policy"]
    except functions.exceptions.ResourceNotFoundException:
        return []
    return list(json.loads(policy)["Statement"])


@contextmanager
def without_caller(pipeline: Pipeline, function: str, source: str) -> Iterator[str]:
    """Take the permission of one source to call a function away."""
    [statement] = [
        each
        for each in statements_of(pipeline, function)
        if each["Condition"]["ArnLike"]["AWS:SourceArn"].endswith(source)
    ]
    principal = str(statement["Principal"]["Service"])
    functions = pipeline.aws.lambda_
    functions.remove_permission(FunctionName=function, StatementId=statement["Sid"])
    try:
        yield principal
    finally:
        functions.add_permission(
            FunctionName=function,
            StatementId=statement["Sid"],
            Action="lambda:InvokeFunction",
            Principal=principal,
            SourceArn=statement["Condition"]["ArnLike"]["AWS:SourceArn"],
        )


@contextmanager
def without_queue_policy(pipeline: Pipeline, queue: str) -> Iterator[None]:
    sqs = pipeline.aws.sqs
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    usual = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes=usual)
