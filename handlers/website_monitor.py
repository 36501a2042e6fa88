"""The function ``website-monitor``: checks websites on a schedule or on request."""

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
from monitoring.monitor import Monitor
from monitoring.removals import Removals
from monitoring.sites import SiteList, select
from monitoring.state_store import StateStore
from monitoring.storage import Documents

_RESOLVER_THREADS = 250


def _event_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    # The loop's own threads resolve host names. A slow name server occupies one of them, and must
    # not delay the checks of other sites.
    loop.set_default_executor(ThreadPoolExecutor(_RESOLVER_THREADS, thread_name_prefix="resolver"))
    return loop


logger = Logger()
documents = Documents(boto3.client("s3", config=CONFIG), os.environ["BUCKET_NAME"])
topic = AlertTopic(boto3.client("sns", config=CONFIG), os.environ["ALERTS_TOPIC_ARN"])
site_list = SiteList(documents)
monitor = Monitor(
    Checker(clock=documents.clock).check, StateStore(documents, topic.publish, documents.clock)
)
removals = Removals(documents)
# Kept between invocations: closing a loop would wait for name servers that do not answer.
runner = asyncio.Runner(loop_factory=_event_loop)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Check the sites in the event, or all sites.

    Returns
    -------
    dict
        ``sites``: the status of each; ``alerts``: the ids of the published alerts.

    Raises
    ------
    SitesError
        If the list of sites is missing or invalid.
    CheckErrors
        If a site's state could not be stored or its alert not published. All others were, and
        Lambda retries.
    """
    listed = site_list.load()
    sites, unknown = select(listed, requested(event))
    if unknown:
        logger.warning("unknown sites ignored", sites=unknown)
    # Not only the request id: a retry has the same, and so has a second delivery of the same event,
    # which may run at the same time.
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
    owner = f"{context.aws_request_id}/{uuid.uuid4().hex}"
    names = {site.name for site in listed}
    find_removed = partial(removals.find, names, site_list.version)
    report = runner.run(monitor.run(sites, owner, find_removed))
    if report.settled:
        removals.settle()
    statuses = {checked.site.name: checked.result.status for checked in report.checked}
    alerts = report.alerts
    logger.info("sites checked", sites=statuses, alerts=alerts)
    return {"sites": statuses, "alerts": alerts}


def requested(event: dict[str, Any]) -> list[str]:
    """Return the names of the sites in an event; none means all.

    Raises
    ------
    ValueError
        If ``detail.sites`` is not a list of names.
    """
    names = (event.get("detail") or {}).get("sites") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("detail.sites must be a list of site names")
    return names
