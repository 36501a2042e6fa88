"""``website-monitor``: checks websites when the schedule or a request for a check says so."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from monitoring.alerts import AlertTopic
from monitoring.checks import Checker
from monitoring.clients import CONFIG
from monitoring.ledger import Ledger
from monitoring.monitor import Monitor
from monitoring.sites import SiteList, select
from monitoring.states import Lease
from monitoring.storage import Documents
from monitoring.times import now, timestamp

# Lambda ends a run at its deadline; the clocks of the machines may differ by a little.
LEASE_MARGIN = timedelta(seconds=5)

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
monitor = Monitor(Checker().observe, Ledger(documents, topic.publish))
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
    sites, unknown = select(site_list.load(), requested(event))
    if unknown:
        logger.warning("unknown sites ignored", sites=unknown)
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
    # Lambda gives a retry the id of the run that failed, and starts it only after that.
    owner = context.aws_request_id
    lease = Lease(owner=owner, until=timestamp(now() + remaining + LEASE_MARGIN))
    handled = runner.run(monitor.run(sites, lease))
    statuses = {one.site.name: one.seen.status for one in handled}
    alerts = [alert for one in handled for alert in one.entry.published]
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
