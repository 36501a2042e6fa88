"""A schedule that sends messages to a queue."""

from collections.abc import Iterator

import pytest

from tests.extension.conftest import Clients
from tests.extension.scheduling import ROLE, Queue, Scheduler


@pytest.fixture
def scheduler(aws: Clients, queue: Queue, name: str) -> Iterator[Scheduler]:
    scheduler = Scheduler(aws["scheduler"], name, {"Arn": queue.arn, "RoleArn": ROLE})
    yield scheduler
    scheduler.delete_all()
