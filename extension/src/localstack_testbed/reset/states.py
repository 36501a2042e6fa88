"""Saved states, and the reset to one of them or to the empty state.

A reset has these steps:

1. It holds new requests, schedules and retries.
2. It waits a moment for what is in progress, and then kills functions that still run.
3. It restores the content of all stores.
4. It adjusts what runs to it: functions, pollers, schedules, alarms.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from localstack.aws.api.cloudformation import StackStatus

from localstack_testbed.cloudformation.store import STORES
from localstack_testbed.faults.queues import HELD
from localstack_testbed.faults.registry import FAULTS
from localstack_testbed.journal.journal import milliseconds_since, record
from localstack_testbed.reset import stores
from localstack_testbed.reset.changes import changed_resources, difference
from localstack_testbed.reset.errors import ResetError, UnknownStateError
from localstack_testbed.reset.functions import (
    RunningFunctions,
    discard_events,
    kill_invocations,
    settle_output,
)
from localstack_testbed.reset.inventory import inventory
from localstack_testbed.reset.memento import Memento
from localstack_testbed.reset.message_moves import cancel_moves
from localstack_testbed.reset.metrics import SavedMetrics
from localstack_testbed.s3.kept_content import keep_files, restore_folders
from localstack_testbed.schedules.registry import Schedules
from localstack_testbed.timing.activity import Activity
from localstack_testbed.timing.delayed_calls import cancel_all

LOG = logging.getLogger(__name__)

STATES_LIMIT = 20

GRACE_SECONDS = 0.3
RESET_SECONDS = 20.0
SAVE_SECONDS = 60.0
_ROUND_SECONDS = 0.02


class _State:
    """A saved state; that of a testbed in which nothing was ever done, unless it is taken."""

    def __init__(self) -> None:
        self.memento = Memento({})
        self.offset = timedelta()
        self.functions = RunningFunctions()
        self.metrics = SavedMetrics()
        self.servers: list[str] = []


class States:
    """The saved states by name.

    Parameters
    ----------
    activity
        What is in progress.
    schedules
        Returns the schedules, or None if the testbed does not fire any.
    """

    def __init__(self, activity: Activity, schedules: Callable[[], Schedules | None]) -> None:
        self._activity = activity
        self._schedules = schedules
        self._states: dict[str, _State] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the saved states, the oldest first."""
        return list(self._states)

    def forget(self, name: str) -> None:
        """Forget a saved state.

        Raises
        ------
        UnknownStateError
            If there is none with this name.
        """
        with self._lock:
            if self._states.pop(name, None) is None:
                raise UnknownStateError(f"there is no saved state {name!r}")

    def save(self, name: str) -> dict[str, Any]:
        """Save the state under a name, when nothing is in progress.

        Raises
        ------
        ResetError
            If something stays in progress for a minute, or there are too many states.
        """
        with self._lock, self._standing_still():
            if name not in self._states and len(self._states) >= STATES_LIMIT:
                raise ResetError(
                    f"there are {STATES_LIMIT} saved states already; forget some first"
                )
            self._wait(SAVE_SECONDS, kill=False)
            settle_output()
            state = _State()
            if (store := stores.object_store()) is not None:
                keep_files(store)
            state.memento = Memento(stores.roots())
            state.functions, state.metrics = RunningFunctions.now(), SavedMetrics.now()
            state.servers = stores.used_servers()
            if schedules := self._schedules():
                state.offset = schedules.clock.offset
            self._states.pop(name, None)
            self._states[name] = state
        return {"name": name, "objects": len(state.memento)}

    def reset(self, name: str | None) -> dict[str, Any]:
        """Return to a saved state, or with None to the empty one; report what has changed.

        Raises
        ------
        UnknownStateError
            If there is none with this name.
        ResetError
            If something stays in progress, or something cannot be restored.
        """
        with self._lock, self._standing_still():
            started, moment = time.perf_counter(), time.time()
            if name is not None and name not in self._states:
                raise UnknownStateError(f"there is no saved state {name!r}")
            state = _State() if name is None else self._states[name]
            before = inventory()
            if state.servers:
                names = ", ".join(stores.SERVER_BACKED[each] for each in state.servers)
                raise ResetError(
                    f"{names}: a saved state cannot contain resources of this service. Restart the"
                    " testbed instead: testbed down, testbed up"
                )
            self._activity.mark_reset()
            self._wait(RESET_SECONDS, kill=True)
            settle_output()
            try:
                changed, failures = self._restore(state)
            except Exception as error:
                LOG.exception("The reset failed")
                raise ResetError(
                    f"{error!r}. Restart the testbed: testbed down, testbed up"
                ) from error
            after = inventory()
            record("reset", state=name, ms=milliseconds_since(moment))
        if failures:
            raise ResetError(f"functions could not be started: {'; '.join(failures)}")
        return {
            "state": name,
            "removed": difference(before, after),
            "restored": difference(after, before),
            "changed": changed_resources(changed, before, after),
            "ms": round((time.perf_counter() - started) * 1000, 1),
        }

    @contextmanager
    def _standing_still(self) -> Iterator[None]:
        schedules = self._schedules()
        if schedules is None:
            with self._activity.paused():
                yield
            return
        with schedules.engine.standing_still(), self._activity.paused():
            yield

    def _wait(self, seconds: float, *, kill: bool) -> None:
        """Wait until nothing is in progress, if ``kill`` also by ending what would take long."""
        started = time.monotonic()
        while True:
            waited = time.monotonic() - started
            if kill:
                cancel_all()
                cancel_moves()
                discard_events()
            idle = self._activity.wait_idle(_ROUND_SECONDS)
            busy = _busy_stacks()
            if idle and not busy:
                break
            if waited > seconds:
                what = f"the stack {busy[0]}" if busy else f"{self._activity.count} calls"
                raise ResetError(
                    f"{what} did not finish within {seconds:.0f} s: try again later, or restart the"
                    " testbed"
                )
            if busy:
                time.sleep(_ROUND_SECONDS)
            if kill and waited > GRACE_SECONDS:
                kill_invocations()
        if kill:
            cancel_all()
            discard_events()

    def _restore(self, state: _State) -> tuple[list[tuple[Any, ...]], list[str]]:
        HELD.forget_all()
        FAULTS.remove()
        stores.empty_servers()
        for name, root in stores.roots().items():
            if name not in state.memento.roots:
                stores.empty(root)
        changed = state.memento.restore()
        if (store := stores.object_store()) is not None:
            restore_folders(store)
            stores.provider_of("s3")._cors_handler.invalidate_cache()
        failures = state.functions.adjust()
        alarms = not changed or any(path[0].startswith("cloudwatch/") for path in changed)
        state.metrics.restore(alarms_changed=alarms)
        if schedules := self._schedules():
            schedules.restart(state.offset)
        return changed, failures


def _busy_stacks() -> list[str]:
    return [
        stack.name
        for _, _, store in list(STORES.iter_stores())
        for stack in list(store.stacks.values())
        if stack.in_progress and stack.status != StackStatus.REVIEW_IN_PROGRESS
    ]
