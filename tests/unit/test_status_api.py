"""The function that answers the API's requests."""

import base64
import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from monitoring.incidents import record
from monitoring.ledger import state_key
from monitoring.states import advance
from monitoring.storage import Documents

from tests.unit.aws_fakes import FakeEvents, FakeS3, client_error
from tests.unit.examples import NOON, Context, Event, at, down, incident, site, up

SITES = b"sites: [{name: shop, url: 'https://shop.example/'}, {name: blog, url: 'http://blog/'}]"

type Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def call(function: Callable[[str], ModuleType], s3: FakeS3, event: Event, context: Context) -> Call:
    """Send a request and read the answer's JSON."""
    api = function("status_api")
    s3.objects["sites.yaml"] = SITES

    def send(method: str, path: str, body: str | None = None, **query: str) -> tuple[int, Any]:
        request = event("api-request") | {
            "httpMethod": method,
            "path": path,
            "body": body,
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": {k: [v] for k, v in query.items()} or None,
        }
        answer = api.handler(request, context)
        assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]
        return answer["statusCode"], json.loads(answer["body"])

    return send


def test_status_of_all_sites(call: Call, s3: FakeS3) -> None:
    for name in ("shop", "removed"):
        first = advance(None, site(name), up(0), NOON)
        state = advance(first, site(name), down(60), NOON)
        s3.objects[state_key(name)] = json.dumps(state.document()).encode()

    assert call("GET", "/status") == (
        200,
        {
            "sites": [
                {
                    "name": "shop",
                    "url": "https://shop.example/",
                    "severity": "critical",
                    "status": "DOWN",
                    "since": at(60),
                    "checked_at": at(60),
                    "latency_ms": 30,
                    "http_status": 503,
                    "reason": "HTTP 503 Service Unavailable",
                    "incident": incident(60).id,
                },
                {
                    "name": "blog",
                    "url": "http://blog/",
                    "severity": "critical",
                    "status": "UNKNOWN",
                    "since": None,
                    "checked_at": None,
                    "latency_ms": None,
                    "http_status": None,
                    "reason": None,
                    "incident": None,
                },
            ]
        },
    )


def test_one_broken_state_hides_no_other_site(call: Call, s3: FakeS3) -> None:
    s3.objects[state_key("shop")] = b"{}"

    code, answer = call("GET", "/status")

    assert code == 200
    assert [each["status"] for each in answer["sites"]] == ["UNKNOWN", "UNKNOWN"]
    assert answer["sites"][0]["reason"].startswith("state/shop.json cannot be read")


def test_one_site(call: Call, documents: Documents) -> None:
    for told in (incident(0, 60), incident(90), incident(30, name="blog")):
        record(documents, told)

    code, answer = call("GET", "/sites/shop")

    assert code == 200
    assert answer["name"] == "shop"
    assert answer["status"] == "UNKNOWN"
    assert answer["incidents"] == [incident(90).document(), incident(0, 60).document()]


@pytest.mark.parametrize("path", ["/sites/none", "/sites/a%20b", "/none"])
def test_what_is_not_there(call: Call, path: str) -> None:
    code, answer = call("GET", path)

    assert code == 404
    assert answer["statusCode"] == 404
    assert answer["message"]


def test_incidents_a_page_at_a_time(call: Call, documents: Documents) -> None:
    known = [incident(seconds) for seconds in (20, 10, 0)]
    for told in known:
        record(documents, told)
    documents_of_all = [told.document() for told in known]

    code, first = call("GET", "/incidents", limit="2")
    assert (code, first["incidents"]) == (200, documents_of_all[:2])

    code, second = call("GET", "/incidents", limit="2", next_token=first["next_token"])
    assert (code, second) == (200, {"incidents": documents_of_all[2:], "next_token": None})

    assert call("GET", "/incidents") == (200, {"incidents": documents_of_all, "next_token": None})
    assert call("GET", "/incidents", site="blog") == (200, {"incidents": [], "next_token": None})


def token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"limit": "0"}, "limit must be a whole number from 1 to 100"),
        ({"limit": "101"}, "limit must be a whole number from 1 to 100"),
        ({"limit": "-1"}, "limit must be a whole number from 1 to 100"),
        ({"limit": "ten"}, "limit must be a whole number from 1 to 100"),
        ({"limit": ""}, "limit must be a whole number from 1 to 100"),
        ({"site": ""}, "site must be the name of a site"),
        ({"site": "../state"}, "site must be the name of a site"),
        ({"next_token": ""}, "next_token must be one that an earlier answer gave"),
        ({"next_token": "!"}, "next_token must be one that an earlier answer gave"),
        ({"next_token": "a"}, "next_token must be one that an earlier answer gave"),
        ({"next_token": "ü"}, "next_token must be one that an earlier answer gave"),
        ({"next_token": token("../state/")}, "next_token must be one that an earlier answer gave"),
    ],
)
def test_queries_that_make_no_sense(call: Call, query: dict[str, str], message: str) -> None:
    assert call("GET", "/incidents", **query) == (400, {"statusCode": 400, "message": message})


@pytest.mark.parametrize(
    ("body", "detail", "sites"),
    [
        (None, [], ["shop", "blog"]),
        ("", [], ["shop", "blog"]),
        ("{}", [], ["shop", "blog"]),
        ('{"sites": []}', [], ["shop", "blog"]),
        ('{"sites": ["blog", "blog"]}', ["blog"], ["blog"]),
    ],
)
def test_requesting_checks(
    call: Call, bus: FakeEvents, body: str | None, detail: list[str], sites: list[str]
) -> None:
    assert call("POST", "/checks", body) == (202, {"event_id": "event-1", "sites": sites})

    [entry] = bus.entries
    assert json.loads(entry.pop("Detail")) == {"sites": detail}
    assert entry == {"Source": "website-monitor.api", "DetailType": "Website Check Requested"}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "the body is no JSON, or not sent as application/json"),
        ("[" * 100_000, "the body is no JSON, or not sent as application/json"),
        ("[]", 'the body must be {"sites": ["name", …]}, or empty for all sites'),
        ('{"site": ["shop"]}', 'the body must be {"sites": ["name", …]}, or empty for all sites'),
        ('{"sites": "shop"}', "sites must be a list of names"),
        ('{"sites": null}', "sites must be a list of names"),
        ('{"sites": [1]}', "sites must be a list of names"),
        ('{"sites": ["shop", "none", "gone"]}', "no such site: none, gone"),
    ],
)
def test_requests_that_make_no_sense(call: Call, bus: FakeEvents, body: str, message: str) -> None:
    assert call("POST", "/checks", body) == (400, {"statusCode": 400, "message": message})
    assert bus.entries == []


def test_an_event_that_is_refused(call: Call, bus: FakeEvents) -> None:
    bus.refusal = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}

    assert call("POST", "/checks") == (
        502,
        {
            "statusCode": 502,
            "message": "EventBridge refused the event: ThrottlingException: Rate exceeded",
        },
    )


def test_without_a_list_of_sites(call: Call, s3: FakeS3) -> None:
    del s3.objects["sites.yaml"]

    code, answer = call("GET", "/status")

    assert code == 503
    assert answer["message"].startswith("s3://bucket/sites.yaml is missing: upload")


def test_without_storage(call: Call, s3: FakeS3) -> None:
    s3.broken["incidents/"] = client_error("ListObjectsV2", "InternalError", 500)

    assert call("GET", "/incidents") == (
        503,
        {"statusCode": 503, "message": "a service that this API needs is not available"},
    )
