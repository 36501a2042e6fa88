"""What the functions' tests share."""

import importlib
import json
import sys
import threading
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, cast

import boto3
import pytest
from monitoring.storage import Documents

from tests.handlers.aws_fakes import FakeEvents, FakeS3, FakeSNS
from tests.handlers.examples import EVENTS, Context, Event
from tests.handlers.name_servers import Names
from tests.handlers.runs import Runs
from tests.handlers.websites import Web


@pytest.fixture
def context() -> Context:
    return Context()


@pytest.fixture
def s3() -> FakeS3:
    return FakeS3()


@pytest.fixture
def sns() -> FakeSNS:
    return FakeSNS()


@pytest.fixture
def bus() -> FakeEvents:
    return FakeEvents()


@pytest.fixture
def documents(s3: FakeS3) -> Documents:
    return Documents(cast(Any, s3), "bucket")


@pytest.fixture
def event() -> Event:
    """Read ``tests/events/{name}.json``."""
    return lambda name: cast(dict[str, Any], json.loads((EVENTS / f"{name}.json").read_text()))


@pytest.fixture
def function(
    monkeypatch: pytest.MonkeyPatch, s3: FakeS3, sns: FakeSNS, bus: FakeEvents
) -> Iterator[Callable[[str], ModuleType]]:
    """Initialise a function's module as Lambda does, with clients that reach the fakes."""
    clients = {"s3": s3, "sns": sns, "events": bus}
    monkeypatch.setattr(boto3, "client", lambda service, config: clients[service])
    monkeypatch.setenv("BUCKET_NAME", "bucket")
    monkeypatch.setenv("ALERTS_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:website-alerts")
    loaded: list[ModuleType] = []

    def load(name: str) -> ModuleType:
        sys.modules.pop(name, None)
        loaded.append(importlib.import_module(name))
        return loaded[-1]

    yield load
    for module in loaded:
        sys.modules.pop(module.__name__, None)
        if runner := getattr(module, "runner", None):
            runner.close()


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    return Names(monkeypatch)


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def web() -> Iterator[Web]:
    web = Web()
    thread = threading.Thread(target=web.server.serve_forever, args=(0.01,))
    thread.start()
    yield web
    web.server.shutdown()
    web.server.server_close()
    thread.join()


@pytest.fixture
def monitor(function: Callable[[str], ModuleType]) -> ModuleType:
    return function("website_monitor")
