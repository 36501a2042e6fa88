"""The target ``ministack``: MiniStack, an independent emulator of AWS, without our extension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from testbed.control.endpoint import require_answer
from testbed.emulators.ministack import ministack
from testbed.pytest_plugin.configuration import Configuration
from testbed.pytest_plugin.running import Feature, RunningTestbed
from testbed.pytest_plugin.targets import Target
from testbed.session import Session

_UNAVAILABLE: Mapping[Feature, str] = {
    "inbox": "MiniStack has no inbox: it discards the emails that SNS sends.",
    "clock": "MiniStack has no clock to advance, and fires no schedule on demand.",
    "faults": "MiniStack has no fault injection.",
    "journal": "MiniStack keeps no journal.",
    "permissions": "MiniStack does not report used and denied permissions.",
}

# MiniStack does not enforce permissions by default.
_SETTINGS = {"AUTH": "true"}


class _MiniStack(Target):
    takes_endpoint = True

    @contextmanager
    def running(self, configuration: Configuration, state: Path) -> Iterator[RunningTestbed]:
        if configuration.endpoint_url:
            require_answer(configuration.endpoint_url)
            yield _at(configuration.endpoint_url, configuration, state)
            return
        with ministack(state / "ministack", lambda message: None, _SETTINGS) as started:
            yield _at(started.endpoint_url, configuration, state)


def _at(endpoint_url: str, configuration: Configuration, state: Path) -> RunningTestbed:
    session = Session(configuration.root, state, endpoint_url)
    session.project = configuration.project()
    return RunningTestbed(session, _UNAVAILABLE)


TARGET = _MiniStack()
