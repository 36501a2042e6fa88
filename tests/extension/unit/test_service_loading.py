"""Requests to a service that another thread is loading."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from threading import Event, RLock
from types import SimpleNamespace
from typing import Any

import pytest
from localstack_testbed.lifecycle.service_loading import require_service

LIMIT_SECONDS = 10


def test_second_request_waits_for_the_operations() -> None:
    noted, may_register = Event(), Event()
    loader: Any = SimpleNamespace(service_locks=defaultdict(RLock), loaded=set(), operations=[])

    def original(self: Any, _chain: Any, context: Any, _response: Any) -> None:
        """Do what LocalStack does: note the service first, and then register its operations."""
        name = context.service.service_name
        if name in self.loaded:
            return
        with self.service_locks[name]:
            self.loaded.add(name)
            noted.set()
            assert may_register.wait(LIMIT_SECONDS)
            self.operations.append(name)

    def request() -> list[str]:
        context = SimpleNamespace(service=SimpleNamespace(service_name="iam"))
        require_service(original, loader, None, context, None)
        return list(loader.operations)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(request)
        assert noted.wait(LIMIT_SECONDS)
        second = pool.submit(request)
        try:
            with pytest.raises(TimeoutError):
                second.result(0.05)
        finally:
            may_register.set()
        assert first.result(LIMIT_SECONDS) == second.result(LIMIT_SECONDS) == ["iam"]


def test_request_without_a_service() -> None:
    called: list[Any] = []
    context = SimpleNamespace(service=None)
    require_service(lambda *arguments: called.append(arguments), None, None, context, None)
    assert len(called) == 1
