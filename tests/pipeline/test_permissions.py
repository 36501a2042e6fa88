"""Every permission in the template: without it, a promise of the pipeline is broken.

The report of a failed test contains AWS's message about the missing permission.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import pytest
from botocore.exceptions import ClientError

from testbed.aws.stacks import stack_resources
from testbed.control.journal import Journal
from testbed.control.permissions import Permissions
from testbed.machine.waiting import WaitedTooLong, until
from testbed.pytest_plugin.report import wrong
from tests.pipeline import promises
from tests.pipeline.conftest import PROMISE_SECONDS, DeployedPipeline, WatchedSite
from tests.pipeline.permissions import (
    CallerPermission,
    Permission,
    QueuePermission,
    RolePermission,
    Trust,
    of_template,
    resources,
)
from tests.pipeline.promises import Promise, Trial

MONITOR, RECORDER, API = "website-monitor", "incident-recorder", "status-api"


@dataclass(frozen=True)
class Case:
    """A permission, and a promise that is broken without it.

    Parameters
    ----------
    says
        A pattern of AWS's message, where it differs from the usual one (not authorized).
    """

    permission: Permission
    promise: Promise
    says: str = ""

    def __str__(self) -> str:
        return f"{self.permission} -> {name_of(self.promise)}"


def name_of(promise: Promise) -> str:
    if isinstance(promise, partial):
        return f"{promise.func.__name__} of {', '.join(promise.keywords.values())}"
    return promise.__name__


def of_function(role: str, function: str, logs: str) -> Iterator[Case]:
    """Return the cases of what the roles of all functions allow."""
    yield Case(Trust(role, "lambda"), partial(promises.function_can_be_made, function=function))
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        allowed = RolePermission(role, action, f"${{{logs}.Arn}}")
        yield Case(allowed, partial(promises.run_is_logged, function=function))


def of_role(role: str, uses: dict[tuple[str, str], Promise]) -> Iterator[Case]:
    for (action, resource), promise in uses.items():
        yield Case(RolePermission(role, action, resource), promise)


BY_RULE = [
    *of_function("WebsiteMonitorRole", MONITOR, "WebsiteMonitorLogs"),
    *of_role(
        "WebsiteMonitorRole",
        {
            ("s3:GetObject", "${Bucket.Arn}/sites.yaml"): promises.sites_are_checked,
            ("s3:GetObject", "${Bucket.Arn}/state/*"): promises.sites_are_checked,
            ("s3:GetObject", "${Bucket.Arn}/incidents/*"): promises.outage_outlives_its_state,
            ("s3:PutObject", "${Bucket.Arn}/state/*"): promises.sites_are_checked,
            ("s3:ListBucket", "${Bucket.Arn}"): promises.sites_are_checked,
            ("sns:Publish", "${WebsiteAlerts}"): promises.outage_is_emailed,
            ("sqs:SendMessage", "${WebsiteMonitorDeadLetters.Arn}"): promises.failed_run_is_kept,
        },
    ),
    Case(
        RolePermission("WebsiteMonitorRole", "sqs:SendMessage", "${WebsiteMonitorDeadLetters.Arn}"),
        promises.failed_runs_can_have_a_destination,
        "The provided execution role does not have permissions to call SendMessage on SQS",
    ),
    *of_function("IncidentRecorderRole", RECORDER, "IncidentRecorderLogs"),
    *of_role(
        "IncidentRecorderRole",
        {
            ("s3:GetObject", "${Bucket.Arn}/incidents/*"): promises.late_recovery_is_recorded,
            ("s3:PutObject", "${Bucket.Arn}/incidents/*"): promises.late_recovery_is_recorded,
            ("s3:ListBucket", "${Bucket.Arn}"): promises.late_recovery_is_recorded,
            ("sqs:ReceiveMessage", "${IncidentQueue.Arn}"): promises.outage_is_recorded,
            (
                "sqs:DeleteMessage",
                "${IncidentQueue.Arn}",
            ): promises.recorded_alert_leaves_the_queue,
        },
    ),
    *(
        Case(
            RolePermission("IncidentRecorderRole", f"sqs:{action}", "${IncidentQueue.Arn}"),
            promises.queue_can_be_an_event_source,
            f"The provided execution role does not have permissions to call {action} on SQS",
        )
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    ),
    *of_function("StatusApiRole", API, "StatusApiLogs"),
    *of_role(
        "StatusApiRole",
        {
            ("s3:GetObject", "${Bucket.Arn}/sites.yaml"): promises.all_sites_are_shown,
            ("s3:GetObject", "${Bucket.Arn}/state/*"): promises.all_sites_are_shown,
            ("s3:GetObject", "${Bucket.Arn}/incidents/*"): promises.incidents_are_shown,
            ("s3:ListBucket", "${Bucket.Arn}"): promises.incidents_are_shown,
            ("events:PutEvents", "event-bus/default"): promises.requested_check_is_done,
        },
    ),
    Case(QueuePermission("IncidentQueuePolicy", "${WebsiteAlerts}"), promises.outage_is_recorded),
    Case(
        QueuePermission("IncidentDeadLettersPolicy", "${WebsiteAlerts}"),
        promises.undeliverable_alert_is_kept,
    ),
    Case(
        QueuePermission("WebsiteMonitorDeadLettersPolicy", "rule/cron-rule"),
        partial(promises.undeliverable_schedule_is_kept, schedule="cron-rule"),
    ),
    Case(
        QueuePermission("WebsiteMonitorDeadLettersPolicy", "rule/check-requested"),
        promises.undeliverable_request_is_kept,
    ),
    Case(
        CallerPermission(MONITOR, "WebsiteMonitorCronRulePermission"),
        partial(promises.scheduled_check_is_done, schedule="cron-rule"),
    ),
    Case(
        CallerPermission(MONITOR, "WebsiteMonitorCheckRequestedPermission"),
        promises.requested_check_is_done,
    ),
    Case(CallerPermission(API, "StatusApiGetStatusPermissionv1"), promises.all_sites_are_shown),
    Case(CallerPermission(API, "StatusApiGetSitePermissionv1"), promises.site_is_shown),
    Case(CallerPermission(API, "StatusApiGetIncidentsPermissionv1"), promises.incidents_are_shown),
    Case(
        CallerPermission(API, "StatusApiPostChecksPermissionv1"), promises.requested_check_is_done
    ),
]
# With Trigger=scheduler, in place of those of cron-rule
BY_SCHEDULER = [
    Case(Trust("CronScheduleRole", "scheduler"), promises.schedule_can_be_made),
    Case(
        RolePermission("CronScheduleRole", "lambda:InvokeFunction", "${WebsiteMonitor.Arn}"),
        partial(promises.scheduled_check_is_done, schedule="cron-schedule"),
    ),
    Case(
        RolePermission("CronScheduleRole", "sqs:SendMessage", "${WebsiteMonitorDeadLetters.Arn}"),
        partial(promises.undeliverable_schedule_is_kept, schedule="cron-schedule"),
    ),
]

CASES = {"rule": BY_RULE, "scheduler": BY_SCHEDULER}

type NewSite = Callable[..., WatchedSite]


@pytest.mark.parametrize(
    ("trigger", "case"),
    [
        pytest.param(trigger, case, id=str(case))
        for trigger, cases in CASES.items()
        for case in cases
    ],
    indirect=["trigger"],
)
@pytest.mark.usefixtures("permissions", "trigger")
def test_promise_is_broken_without_permission_and_report_names_it(
    pipeline: DeployedPipeline, new_site: NewSite, journal: Journal, case: Case
) -> None:
    since, position = datetime.now(UTC), journal.position()
    with case.permission.removed(pipeline) as message:
        says = case.says or message

        def denied() -> bool:
            entries = journal.entries(position, ["api"])
            return any(re.search(says, entry["message"] or "") for entry in entries)

        with pytest.raises((AssertionError, ClientError)) as failure:
            case.promise(Trial(pipeline, new_site, denied))
        # A retry after the permission is restored would affect the next test.
        pipeline.clock.advance_by(promises.LONG_ENOUGH)
    shown = "\n".join((str(failure.value), *wrong(pipeline.testbed, since)))
    assert re.search(says, shown), shown


def test_promises_are_kept_and_everything_allowed_is_used(
    pipeline: DeployedPipeline, new_site: NewSite, permissions: Permissions, trigger: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege"""
    for promise in {name_of(case.promise): case.promise for case in CASES[trigger]}.values():
        promise(Trial(pipeline, new_site, denied=lambda: False))

    in_stack = stack_resources(pipeline.aws, pipeline.stack, "AWS::IAM::Role")
    roles = {
        in_stack[case.permission.role]
        for case in CASES[trigger]
        if isinstance(case.permission, RolePermission)
    }

    def left() -> list[str]:
        used = [each for each in permissions.principals() if each.name in roles]
        assert len(used) == len(roles)
        return [f"{one.action} {one.resource}" for each in used for one in each.unused]

    with suppress(WaitedTooLong):
        until(lambda: not left(), within=PROMISE_SECONDS, what="use")
    assert left() == []


def test_every_permission_in_the_template_is_covered() -> None:
    assert [str(each) for each in of_template() if each not in covered()] == []
    for resource in resources().values():
        kind, names = resource["Type"], set(resource["Properties"])
        if kind == "AWS::IAM::Role":  # and has no policies elsewhere
            assert names == {"AssumeRolePolicyDocument", "Policies"}
        elif kind == "AWS::Serverless::Function":
            assert "Role" in names  # or SAM would make one
        else:
            # Any other type that grants a permission has one of these words in its name.
            known = ("AWS::SQS::QueuePolicy", "AWS::Lambda::Permission")
            assert kind in known or not re.search("Policy|Permission|::IAM::", kind)


def test_every_permission_that_sam_generates_is_covered(pipeline: DeployedPipeline) -> None:
    callers = {str(each) for each in covered() if isinstance(each, CallerPermission)}
    assert set(stack_resources(pipeline.aws, pipeline.stack, "AWS::Lambda::Permission")) == callers
    roles = {each.role for each in covered() if isinstance(each, RolePermission)}
    in_stack = stack_resources(pipeline.aws, pipeline.stack, "AWS::IAM::Role")
    assert set(in_stack) == roles - {"CronScheduleRole"}


def covered() -> set[Permission]:
    return {case.permission for cases in CASES.values() for case in cases}
