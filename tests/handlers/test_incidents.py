"""Incidents: the order of alerts does not matter."""

import json
from itertools import permutations, product

import pytest
from monitoring.incidents import Incident, merge, page, read, record
from monitoring.storage import Contended, Documents

from tests.handlers.aws_fakes import FakeS3
from tests.handlers.examples import incident

OPEN = incident(0)
CLOSED = incident(0, 60)


def test_newer_incidents_sort_first() -> None:
    ids = [incident(seconds).id for seconds in (3600, 60, 0.001, 0)]

    assert ids == sorted(ids)
    assert ids[-1] == "8232644799999-shop"


def test_documents() -> None:
    assert CLOSED.document() == {
        "id": "8232644799999-shop",
        "site": "shop",
        "url": "https://shop.example/",
        "severity": "critical",
        "status": "CLOSED",
        "started_at": "2026-01-02T12:00:00.000Z",
        "ended_at": "2026-01-02T12:01:00.000Z",
        "duration_ms": 60_000,
        "reason": "HTTP 503 Service Unavailable",
    }
    assert OPEN.document() == {
        **CLOSED.document(),
        "status": "OPEN",
        "ended_at": None,
        "duration_ms": None,
    }
    assert Incident.of(CLOSED.document()) == CLOSED


def test_merging_is_commutative_associative_and_idempotent() -> None:
    versions = (OPEN, CLOSED, incident(0, 61))
    for a, b, c in product(versions, repeat=3):
        assert merge(a, a) == a
        assert merge(a, b) == merge(b, a)
        assert merge(merge(a, b), c) == merge(a, merge(b, c))


@pytest.mark.parametrize("order", list(dict.fromkeys(permutations([OPEN, OPEN, CLOSED, CLOSED]))))
def test_every_order_of_deliveries_records_the_same(
    order: tuple[Incident, ...], s3: FakeS3, documents: Documents
) -> None:
    news = [record(documents, each) for each in order]

    assert s3.load(CLOSED.key) == CLOSED.document()
    assert news.count(True) == len({OPEN, CLOSED} & set(order[: order.index(CLOSED) + 1]))
    assert list(s3.objects) == [CLOSED.key]


@pytest.mark.parametrize(("first", "other"), [(OPEN, CLOSED), (CLOSED, OPEN), (OPEN, OPEN)])
@pytest.mark.parametrize("moment", ["get", "put"])
def test_a_recorder_with_a_conflict_reads_again(
    s3: FakeS3, documents: Documents, first: Incident, other: Incident, moment: str
) -> None:
    def overtake(passing: str) -> None:
        if passing.startswith(moment):
            s3.gate = lambda passing: None
            record(documents, other)

    s3.gate = overtake
    record(documents, first)
    s3.gate = lambda passing: None
    record(documents, other)

    assert s3.load(OPEN.key) == merge(first, other).document()


def test_the_start_of_an_outage_is_written_without_a_read(s3: FakeS3, documents: Documents) -> None:
    record(documents, OPEN)

    assert s3.calls == [f"put {OPEN.key}"]


def test_endless_conflicts_end_in_an_error(s3: FakeS3, documents: Documents) -> None:
    ends = iter(range(1, 1000))

    def change(passing: str) -> None:
        if passing.startswith("put"):
            s3.objects[OPEN.key] = json_of(incident(0, next(ends)))

    s3.gate = change
    with pytest.raises(Contended, match="12 writes in a row conflicted"):
        record(documents, incident(0, 5000))


def test_pages(s3: FakeS3, documents: Documents) -> None:
    known = [incident(seconds) for seconds in (50, 40, 30, 20, 10)]
    for each in known:
        record(documents, each)
    ids = [each.id for each in known]

    assert page(documents, limit=2) == (ids[:2], ids[1])
    assert page(documents, limit=2, after=ids[1]) == (ids[2:4], ids[3])
    assert page(documents, limit=2, after=ids[3]) == (ids[4:], None)
    assert page(documents, limit=5) == (ids, None)
    assert read(documents, ids[0]) == known[0].document()
    assert read(documents, "8232644799999-none") is None


def test_pages_of_one_site(
    s3: FakeS3, documents: Documents, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = [incident(seconds).id for seconds in (60, 30)]
    for seconds in (60, 30):
        record(documents, incident(seconds))
    for seconds in (70, 65, 50, 40):
        record(documents, incident(seconds, name="web-shop"))

    assert page(documents, site="shop", limit=9) == (shop, None)
    assert page(documents, site="shop", limit=1) == (shop[:1], shop[0])

    monkeypatch.setattr("monitoring.incidents.SCANNED", 3)
    first, after = page(documents, site="shop", limit=9)
    second, end = page(documents, site="shop", limit=9, after=after or "")
    assert (first + second, end) == (shop, None)


def test_listing_continues_beyond_one_response(s3: FakeS3, documents: Documents) -> None:
    s3.objects = {f"incidents/{number}": b"" for number in range(7)}

    assert list(documents.keys("incidents/", page=3)) == list(s3.objects)


def json_of(recorded: Incident) -> bytes:
    return json.dumps(recorded.document()).encode()
