"""The function status-api."""

import base64
import json
from collections.abc import Callable
from random import Random
from types import ModuleType
from typing import Any

import pytest
from monitoring.incidents import record
from monitoring.state_store import state_key
from monitoring.states import advance
from monitoring.storage import Documents

from tests.handlers.aws_fakes import FakeEvents, FakeS3, client_error
from tests.handlers.examples import NOON, Context, Event, at, down, incident, site, up

SITES = b"sites: [{name: shop, url: 'https://shop.example/'}, {name: blog, url: 'http://blog/'}]"

type Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def call(function: Callable[[str], ModuleType], s3: FakeS3, event: Event, context: Context) -> Call:
    """Send a request, and return the JSON of its response."""
    api = function("status_api")
    s3.objects["sites.yaml"] = SITES

    def send(
        method: str, path: str, body: str | None = None, *, binary: bool = False, **query: str
    ) -> tuple[int, Any]:
        request = event("api-request") | {
            "isBase64Encoded": binary,
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


@pytest.mark.parametrize(
    "broken",
    [b"", b"\xff", b"[]", b"{}", b'{"site": "shop"}', b"[" * 100_000, b"1" * 5000],
)
def test_one_broken_incident_hides_no_other(
    call: Call, s3: FakeS3, documents: Documents, broken: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    for each in (incident(0, 60), incident(90)):
        record(documents, each)
    key = incident(90).key
    s3.objects[key] = broken

    for path in ("/incidents", "/sites/shop"):
        code, answer = call("GET", path)

        assert code == 200
        assert answer["incidents"] == [incident(0, 60).document()]
        [error] = answer["errors"]
        assert error.startswith(f"{key} cannot be read")
        assert error.endswith("remove or repair it")
    assert caplog.messages.count("incident not read") == 2


@pytest.mark.parametrize(
    "change",
    [
        {"started_at": "noon"},
        {"started_at": "2026-02-30T12:00:00.000Z"},
        {"started_at": at(1)},  # another incident's
        {"site": 1},
        {"url": None},
        {"severity": "mild"},
        {"ended_at": 1},
        {"reason": ["down"]},
        {"end_reason": 1},
    ],
)
def test_an_incident_with_a_wrong_field_is_broken(
    call: Call, s3: FakeS3, change: dict[str, Any]
) -> None:
    s3.objects[incident(0).key] = json.dumps({**incident(0).document(), **change}).encode()

    code, answer = call("GET", "/incidents")

    assert (code, answer["incidents"]) == (200, [])
    assert answer["errors"][0].startswith(f"{incident(0).key} cannot be read")


def test_objects_that_are_not_incidents_are_ignored(
    call: Call, s3: FakeS3, documents: Documents
) -> None:
    """Otherwise one could be the last of a page, and no token can refer to it."""
    s3.objects |= {"incidents/": b"", "incidents/0.json": b"", "incidents/notes.txt": b""}
    record(documents, incident(0))

    assert call("GET", "/incidents", limit="1") == (
        200,
        {"incidents": [incident(0).document()], "next_token": None},
    )


@pytest.mark.parametrize(
    "change",
    [
        {"status": "UNKNOWN"},
        {"since": 1},
        {"checked_at": None},
        {"latency_ms": "fast"},
        {"pending": {}},
        {"pending": [{}]},
        {"incident": []},
        {"incident": {}},
        {"lease": {"owner": "run"}},
        {"lease": {"owner": "run", "until": "later"}},
        {"more": 1},
    ],
)
def test_a_state_with_a_wrong_field_is_broken(
    call: Call, s3: FakeS3, change: dict[str, Any]
) -> None:
    state = advance(None, site("shop"), down(0), NOON)
    s3.objects[state_key("shop")] = json.dumps({**state.document(), **change}).encode()

    for path in ("/status", "/sites/shop"):
        code, answer = call("GET", path)
        shown = answer["sites"][0] if path == "/status" else answer
        assert code == 200
        assert shown["status"] == "UNKNOWN"
        assert shown["reason"].startswith("state/shop.json cannot be read")


def test_one_site(call: Call, documents: Documents) -> None:
    for each in (incident(0, 60), incident(90), incident(30, name="blog")):
        record(documents, each)

    code, answer = call("GET", "/sites/shop")

    assert code == 200
    assert answer["name"] == "shop"
    assert answer["status"] == "UNKNOWN"
    assert answer["incidents"] == [incident(90).document(), incident(0, 60).document()]


@pytest.mark.parametrize("path", ["/sites/none", "/sites/a%20b", "/none"])
def test_not_found(call: Call, path: str) -> None:
    code, answer = call("GET", path)

    assert code == 404
    assert answer["statusCode"] == 404
    assert answer["message"]


def test_incidents_a_page_at_a_time(call: Call, documents: Documents) -> None:
    known = [incident(seconds) for seconds in (20, 10, 0)]
    for each in known:
        record(documents, each)
    documents_of_all = [each.document() for each in known]

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
        ({"next_token": ""}, "next_token must come from an earlier response"),
        ({"next_token": "!"}, "next_token must come from an earlier response"),
        ({"next_token": "a"}, "next_token must come from an earlier response"),
        ({"next_token": "ü"}, "next_token must come from an earlier response"),
        ({"next_token": token("../state/")}, "next_token must come from an earlier response"),
    ],
)
def test_invalid_queries(call: Call, query: dict[str, str], message: str) -> None:
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
        ("{", "the body is not JSON, or not sent as application/json"),
        ("[" * 100_000, "the body is not JSON, or not sent as application/json"),
        ("[]", 'the body must be {"sites": ["name", …]}, or empty for all sites'),
        ('{"site": ["shop"]}', 'the body must be {"sites": ["name", …]}, or empty for all sites'),
        ('{"sites": "shop"}', "sites must be a list of names"),
        ('{"sites": null}', "sites must be a list of names"),
        ('{"sites": [1]}', "sites must be a list of names"),
        ('{"sites": ["shop", "none", "gone"]}', "no such site: none, gone"),
        ('{"sites": ["\\ud800"]}', "no such site:"),
        ('{"sites": ["' + "x" * 500 + '"]}', f"no such site: {'x' * 185}…"),
        ('{"sites": ["\ud800"]}', "no such site:"),
        ('{"sites": [], "sites": ["shop"]}', "the body has an object with a duplicate key"),
        ('{"sites": NaN}', "sites must be a list of names"),
        ("NaN", 'the body must be {"sites": ["name", …]}, or empty for all sites'),
        ("9" * 5000, "the body is not JSON, or not sent as application/json"),
        ("\ufeff{}", "the body is not JSON, or not sent as application/json"),
        ("\ufffd", "the body is not JSON, or not sent as application/json"),
    ],
)
def test_invalid_requests(call: Call, bus: FakeEvents, body: str, message: str) -> None:
    assert call("POST", "/checks", body) == (400, {"statusCode": 400, "message": message})
    assert bus.entries == []


def base64_of(text: str, encoding: str = "utf-8") -> str:
    return base64.b64encode(text.encode(encoding)).decode()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (base64_of('{"sites": ["größer"]}', "latin-1"), "the body is not UTF-8"),
        (base64_of('{"sites": ["shop"]}', "utf-16"), "the body is not UTF-8"),
        (base64.b64encode(b"\xff\xfe").decode(), "the body is not UTF-8"),
        ("no Base64!", "the body is not UTF-8"),
        ("e30=!", "the body is not UTF-8"),
        ("A", "the body is not UTF-8"),
        ("ü", "the body is not UTF-8"),
        (base64_of("{"), "the body is not JSON, or not sent as application/json"),
    ],
)
def test_invalid_binary_requests(call: Call, bus: FakeEvents, body: str, message: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html"""
    assert call("POST", "/checks", body, binary=True) == (
        400,
        {"statusCode": 400, "message": message},
    )
    assert bus.entries == []


def test_a_request_in_base64(call: Call) -> None:
    code, answer = call("POST", "/checks", base64_of('{"sites": ["shop"]}'), binary=True)

    assert (code, answer["sites"]) == (202, ["shop"])


LETTERS = ["{", "}", "[", "]", ":", ",", '"', "\\", "sites", "shop", "NaN", "1e999", "-", "\ud800"]
LETTERS += ["\ud83d\ude00", "\x00", "\ufeff", "null", "9" * 5000, "[" * 5000, " ", "\udcff", "%"]
LETTERS += ['{"sites": ["shop"]}', '{"sites":', '["\ud800"]', "\u202e", "/", "=", "+"]


@pytest.mark.parametrize("seed", range(10))
def test_no_request_makes_the_function_fail(
    function: Callable[[str], ModuleType], s3: FakeS3, event: Event, context: Context, seed: int
) -> None:
    """Any request from API Gateway gets a valid response with a client error."""
    api = function("status_api")
    s3.objects["sites.yaml"] = SITES
    s3.objects[incident(0).key] = b"{broken"
    random = Random(seed)  # noqa: S311 (not for secrets)

    def text() -> str:
        return "".join(random.choices(LETTERS, k=random.randrange(6)))

    for _ in range(500):
        body = random.choice([None, text(), base64.b64encode(random.randbytes(8)).decode()])
        query = {random.choice(["limit", "site", "next_token", "x"]): text() for _ in range(2)}
        path = random.choice(["/status", "/incidents", "/checks", "/sites/", "/", ""])
        request = event("api-request") | {
            "httpMethod": random.choice(["GET", "POST", "POST", "PUT", "HEAD"]),
            "path": path + random.choice(["", text()]),
            "headers": random.choice([None, {}, {"Content-Type": text()}]),
            "multiValueHeaders": None,
            "body": body,
            "isBase64Encoded": random.choice([True, False]),
            "queryStringParameters": random.choice([None, query]),
            "multiValueQueryStringParameters": None,
        }
        answer = api.handler(request, context)
        assert 200 <= answer["statusCode"] < 500, request
        # As Lambda's runtime sends it
        json.dumps(answer, ensure_ascii=False).encode()


def test_a_rejected_event(call: Call, bus: FakeEvents) -> None:
    bus.failure = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}

    assert call("POST", "/checks") == (
        502,
        {
            "statusCode": 502,
            "message": "EventBridge rejected the event: ThrottlingException: Rate exceeded",
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
