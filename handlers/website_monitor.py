"""``website-monitor``: checks websites when the schedule or a request for a check says so."""

import asyncio
import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from monitoring.alerts import AlertTopic
from monitoring.checks import Checker
from monitoring.clients import CONFIG
from monitoring.ledger import Ledger
from monitoring.monitor import Monitor
from monitoring.removals import Removals
from monitoring.sites import SiteList, select
from monitoring.storage import Documents

_RESOLVER_THREADS = 250


def _event_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    # The loop's own threads resolve host names: a site with a slow name server keeps one busy,
    # and must not have the others wait.
    loop.set_default_executor(ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolver"))
    return loop


logger = Logger()
documents = Documents(boto3.client("s3", config=CONFIG), os.environ["BUCKET_NAME"])
topic = AlertTopic(boto3.client("sns", config=CONFIG), os.environ["ALERTS_TOPIC_ARN"])
site_list = SiteList(documents)
monitor = Monitor(
    Checker(clock=documents.clock).observe, Ledger(documents, topic.publish, documents.clock)
)
removals = Removals(documents)
# Kept from one invocation to the next: closing a loop waits for name servers that still hang.
runner = asyncio.Runner(loop_factory=_event_loop)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Check the sites that the event names, or all.

    Returns
    -------
    dict
        ``sites``: the status found for each; ``alerts``: the ids of the alerts published.

    Raises
    ------
    SitesError
        When the list of sites is missing or wrong.
    Unhandled
        When a site's status or alert could not be handled. The others were; Lambda tries again.
    """
    listed = site_list.load()
    sites, unknown = select(listed, requested(event))
    if unknown:
        logger.warning("unknown sites ignored", sites=unknown)
    # Not the request id alone: a retry has it, too, and a second delivery of the same event, which
    # may run at the same time.
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    owner = f"{context.aws_request_id}/{uuid.uuid4().hex}"
    names = {site.name for site in listed}
    find_removed = partial(removals.find, names, site_list.version)
    report = runner.run(monitor.run(sites, owner, find_removed))
    if report.settled:
        removals.settle()
    statuses = {one.site.name: one.seen.status for one in report.handled}
    alerts = report.alerts
    logger.info("sites checked", sites=statuses, alerts=alerts)
    return {"sites": statuses, "alerts": alerts}


def requested(event: dict[str, Any]) -> list[str]:
    """The names of the sites that an event asks for; none means all.

    Raises
    ------
    ValueError
        When ``detail.sites`` is no list of names.
    """
    names = (event.get("detail") or {}).get("sites") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("detail.sites must be a list of site names")
    return names
