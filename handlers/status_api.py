"""The function ``status-api``: the REST API for sites, incidents and checks on demand."""

import base64
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import (
    BadRequestError,
    NotFoundError,
    ServiceError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError
from monitoring import incidents, state_store
from monitoring.clients import CONFIG
from monitoring.sites import NAME_PATTERN, Site, SiteList, SitesError, select
from monitoring.storage import BrokenDocument, Documents
from monitoring.wording import describe, one_line

CHECK_SOURCE = "website-monitor.api"
CHECK_DETAIL_TYPE = "Website Check Requested"
DEFAULT_LIMIT = 20
MAX_LIMIT = 100
RECENT = 10
"""How many incidents ``GET /sites/{name}`` returns."""

logger = Logger()
app = APIGatewayRestResolver()
documents = Documents(boto3.client("s3", config=CONFIG), os.environ["BUCKET_NAME"])
events = boto3.client("events", config=CONFIG)
site_list = SiteList(documents)
threads = ThreadPoolExecutor(16)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request from API Gateway."""
    return app.resolve(event, context)


@app.get("/status")
def get_status() -> dict[str, Any]:
    """Return all sites, in the order of ``sites.yaml``."""
    return {"sites": list(threads.map(_view, site_list.load()))}


@app.get("/sites/<name>")
def get_site(name: str) -> dict[str, Any]:
    """Return one site and its newest incidents."""
    chosen, unknown = select(site_list.load(), [name])
    if unknown:
        raise NotFoundError(f'no site is named "{name}"')
    identities, _ = incidents.page(documents, site=name, limit=RECENT)
    return {**_view(chosen[0]), **_incidents(identities)}


@app.get("/incidents")
def get_incidents() -> dict[str, Any]:
    """Return a page of incidents, newest first."""
    query = app.current_event.query_string_parameters or {}
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch("[0-9]{1,3}", limit) or not 1 <= int(limit) <= MAX_LIMIT:
        raise BadRequestError(f"limit must be a whole number from 1 to {MAX_LIMIT}")
    site = query.get("site", "")
    if "site" in query and not re.fullmatch(NAME_PATTERN, site):
        raise BadRequestError("site must be the name of a site")
    after = _position(query["next_token"]) if "next_token" in query else ""
    identities, last = incidents.page(documents, site=site, after=after, limit=int(limit))
    return {**_incidents(identities), "next_token": _token(last) if last else None}


@app.post("/checks")
def post_checks() -> tuple[dict[str, Any], int]:
    """Request a check of sites; it runs after the response."""
    names = _requested(_body())
    chosen, unknown = select(site_list.load(), names)
    if unknown:
        raise BadRequestError(one_line(f"no such site: {', '.join(unknown)}"))
    answer = events.put_events(
        Entries=[
            {
                "Source": CHECK_SOURCE,
                "DetailType": CHECK_DETAIL_TYPE,
                "Detail": json.dumps({"sites": [site.name for site in chosen] if names else []}),
            }
        ]
    )
    [entry] = answer["Entries"]
    if answer["FailedEntryCount"]:
        reason = f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}"
        logger.error("check not requested", reason=reason)
        raise ServiceError(HTTPStatus.BAD_GATEWAY, f"EventBridge rejected the event: {reason}")
    return {
        "event_id": entry["EventId"],
        "sites": [site.name for site in chosen],
    }, HTTPStatus.ACCEPTED


def unavailable(error: Exception) -> Response[str]:
    """Return status 503, with the reason if it is in our own data."""
    logger.error("request failed", path=app.current_event.path, reason=describe(error))
    own = isinstance(error, (SitesError, BrokenDocument))
    status = HTTPStatus.SERVICE_UNAVAILABLE
    message = describe(error) if own else "a service that this API needs is not available"
    return Response(
        status_code=status,
        content_type="application/json",
        body=json.dumps({"statusCode": status, "message": message}),
    )


app.exception_handler([SitesError, BrokenDocument, ClientError, BotoCoreError])(unavailable)


def _view(site: Site) -> dict[str, Any]:
    """Return a site's configuration and its stored state."""
    view: dict[str, Any] = {"name": site.name, "url": site.url, "severity": site.severity}
    try:
        found = state_store.load(documents, site.name)
    except BrokenDocument as error:
        # One broken state must not hide the other sites.
        logger.error("state not read", site=site.name, reason=describe(error))
        return {**view, **_UNKNOWN, "reason": describe(error)}
    if found is None:
        return {**view, **_UNKNOWN}
    state, _ = found
    return {
        **view,
        "status": state.status,
        "since": state.since,
        "checked_at": state.checked_at,
        "latency_ms": state.latency_ms,
        "http_status": state.http_status,
        "reason": state.reason,
        "incident": state.incident and state.incident.id,
    }


_UNKNOWN = {
    "status": "UNKNOWN",
    "since": None,
    "checked_at": None,
    "latency_ms": None,
    "http_status": None,
    "reason": None,
    "incident": None,
}


def _incidents(identities: list[str]) -> dict[str, Any]:
    """Return the incidents, and ``errors`` for those that cannot be read, if any."""
    shown: list[dict[str, Any]] = []
    errors: list[str] = []
    for found in threads.map(_incident, identities):
        if isinstance(found, BrokenDocument):
            logger.error("incident not read", reason=describe(found))
            errors.append(describe(found))
        elif found is not None:
            shown.append(found)
    return {"incidents": shown, **({"errors": errors} if errors else {})}


def _incident(identity: str) -> dict[str, Any] | BrokenDocument | None:
    try:
        return incidents.read(documents, identity)
    except BrokenDocument as error:
        # One broken incident must not hide the others.
        return error


def _body() -> str:
    """Return the request's body.

    API Gateway passes text unchanged, and anything else in Base64:
    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    request = app.current_event
    body = request.body or ""
    if not request.is_base64_encoded:
        return body
    try:
        return base64.b64decode(body, validate=True).decode()
    except ValueError:
        raise BadRequestError("the body is not UTF-8") from None


def _requested(body: str) -> list[str]:
    """Return the site names in the body of a request for checks; none means all."""
    if not body.strip():
        return []
    try:
        request = json.loads(body, object_pairs_hook=_object)
    except _RepeatedKey as error:
        raise BadRequestError(describe(error)) from None
    except (ValueError, RecursionError):
        raise BadRequestError("the body is not JSON, or not sent as application/json") from None
    if not isinstance(request, dict) or request.keys() - {"sites"}:
        raise BadRequestError('the body must be {"sites": ["name", …]}, or empty for all sites')
    names = request.get("sites", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadRequestError("sites must be a list of names")
    return names


class _RepeatedKey(ValueError):
    """An object in a request has a key twice, so that its value is ambiguous."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RepeatedKey("the body has an object with a duplicate key")
    return found


def _token(identity: str) -> str:
    return base64.urlsafe_b64encode(identity.encode()).decode().rstrip("=")


def _position(token: str) -> str:
    """Return the id in a token of :func:`_token`."""
    try:
        padded = token + "=" * (-len(token) % 4)
        identity = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except ValueError:
        identity = ""
    if not re.fullmatch(f"[0-9]{{13}}-{NAME_PATTERN}", identity):
        raise BadRequestError("next_token must come from an earlier response")
    return identity
