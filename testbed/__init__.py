"""Build, test and teach an AWS serverless pipeline without an AWS account.

The names in ``__all__`` are the Python API (docs/api.md). Each is imported when it is first used,
so that ``import testbed`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.aws.logs import LogLine
    from testbed.control.clock import Clock, Firing, Schedule
    from testbed.control.faults import Fault, Faults
    from testbed.control.inbox import Confirmation, Email, Inbox
    from testbed.control.journal import Journal, JournalEntry
    from testbed.control.permissions import Permissions, PrincipalUsage
    from testbed.errors import TestbedError
    from testbed.pytest_plugin.eventually import StillFalseError
    from testbed.pytest_plugin.fixture_types import Deploy, Eventually, MakeWebsite, Website
    from testbed.pytest_plugin.function_logs import Logs
    from testbed.pytest_plugin.running import RunningTestbed
    from testbed.pytest_plugin.stack import Stack

__all__ = [
    "Aws",
    "Clock",
    "Confirmation",
    "Deploy",
    "Email",
    "Eventually",
    "Fault",
    "Faults",
    "Firing",
    "Inbox",
    "Journal",
    "JournalEntry",
    "LogLine",
    "Logs",
    "MakeWebsite",
    "Permissions",
    "PrincipalUsage",
    "RunningTestbed",
    "Schedule",
    "Stack",
    "StillFalseError",
    "TestbedError",
    "Website",
]

_MODULES = {
    "Aws": "aws.clients",
    "Clock": "control.clock",
    "Confirmation": "control.inbox",
    "Deploy": "pytest_plugin.fixture_types",
    "Email": "control.inbox",
    "Eventually": "pytest_plugin.fixture_types",
    "Fault": "control.faults",
    "Faults": "control.faults",
    "Firing": "control.clock",
    "Inbox": "control.inbox",
    "Journal": "control.journal",
    "JournalEntry": "control.journal",
    "LogLine": "aws.logs",
    "Logs": "pytest_plugin.function_logs",
    "MakeWebsite": "pytest_plugin.fixture_types",
    "Permissions": "control.permissions",
    "PrincipalUsage": "control.permissions",
    "RunningTestbed": "pytest_plugin.running",
    "Schedule": "control.clock",
    "Stack": "pytest_plugin.stack",
    "StillFalseError": "pytest_plugin.eventually",
    "TestbedError": "errors",
    "Website": "pytest_plugin.fixture_types",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted({*globals(), *__all__})
