"""Updates of event buses, archives, connections and API destinations.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Operations.html
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.extension.conftest import Clients

API_KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "name", "ApiKeyValue": "value"}}
BASIC = {"BasicAuthParameters": {"Username": "name", "Password": "value"}}


@pytest.fixture
def events(aws: Clients) -> Any:
    return aws["events"]


@pytest.fixture
def bus(events: Any, name: str) -> Iterator[str]:
    arn: str = events.create_event_bus(Name=name)["EventBusArn"]
    yield arn
    events.delete_event_bus(Name=name)


@pytest.fixture
def connection(events: Any, name: str) -> Iterator[str]:
    made = events.create_connection(
        Name=name, AuthorizationType="API_KEY", AuthParameters=API_KEY, Description="first"
    )
    yield made["ConnectionArn"]
    events.delete_connection(Name=name)


def test_description_of_a_bus(events: Any, bus: str, name: str) -> None:
    changed = events.update_event_bus(Name=name, Description="second")

    assert (changed["Arn"], changed["Description"]) == (bus, "second")
    assert events.describe_event_bus(Name=name)["Description"] == "second"
    events.update_event_bus(Name=name, Description="")
    assert "Description" not in events.describe_event_bus(Name=name)


def test_unknown_bus(events: Any, name: str) -> None:
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.update_event_bus(Name=name, Description="second")


def test_events_that_an_archive_receives(
    events: Any, bus: str, name: str, eventually: Callable[..., Any]
) -> None:
    def put(source: str) -> None:
        entry = {"Source": source, "DetailType": "test", "Detail": "{}", "EventBusName": name}
        assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def count() -> int:
        found: int = events.describe_archive(ArchiveName=name)["EventCount"]
        return found

    first, second = (json.dumps({"source": [source]}) for source in ("first", "second"))
    events.create_archive(ArchiveName=name, EventSourceArn=bus, EventPattern=first)
    put("first")
    eventually(lambda: count() == 1)

    events.update_archive(ArchiveName=name, EventPattern=second)

    put("first")
    put("second")
    eventually(lambda: count() == 2)
    assert events.describe_archive(ArchiveName=name)["EventPattern"] == second
    events.update_archive(ArchiveName=name, EventPattern="")
    put("third")
    eventually(lambda: count() == 3)
    events.delete_archive(ArchiveName=name)


def test_description_of_a_connection(events: Any, connection: str, name: str) -> None:
    assert events.describe_connection(Name=name)["Description"] == "first"

    events.update_connection(
        Name=name, AuthorizationType="BASIC", AuthParameters=BASIC, Description=""
    )

    changed = events.describe_connection(Name=name)
    assert "Description" not in changed
    assert changed["AuthParameters"] == {"BasicAuthParameters": {"Username": "name"}}


def test_description_of_a_destination(events: Any, connection: str, name: str) -> None:
    events.create_api_destination(
        Name=name,
        ConnectionArn=connection,
        InvocationEndpoint="https://example.com",
        HttpMethod="POST",
        Description="first",
    )

    events.update_api_destination(Name=name, Description="")

    assert "Description" not in events.describe_api_destination(Name=name)
    events.delete_api_destination(Name=name)
