"""LocalStack's log handler of a function version while it stops."""

from __future__ import annotations

import os
import subprocess

import pytest

from testbed.emulators.environments import ensure_environments
from tests.conftest import ROOT

_SOURCE = ROOT / "extension" / "src"

SCRIPT = """
from types import SimpleNamespace

from localstack.aws import connect
from localstack.services.lambda_.invocation.logs import LogHandler, LogItem
from localstack.utils.threads import FuncThread
from localstack_testbed.lambda_executor import localstack_patches
from localstack_testbed.lambda_service import function_logs

stored = []

class Logs:
    def request_metadata(self, **_metadata):
        return self

    def put_log_events(self, logEvents, **_place):
        stored.extend(event["message"].strip() for event in logEvents)

class LateLine(FuncThread):
    "An invocation ends whenever the handler is waited for."
    def join(self, timeout=None):
        super().join(timeout)
        handler.add_logs(LogItem("group", "stream", f"late {len(stored)}"))

connect.connect_to = SimpleNamespace(with_assumed_role=lambda **_: SimpleNamespace(logs=Logs()))
for patch in (PATCHES):
    patch()
handler = LogHandler("role", "us-east-1")
handler._thread = LateLine(handler.run_log_loop)
handler._thread.start()
handler.add_logs(LogItem("group", "stream", "before"))
handler.stop()
print(stored)
"""


@pytest.mark.parametrize("reverse", [False, True])
def test_no_line_is_lost_while_a_version_stops(reverse: bool) -> None:
    """In both orders in which LocalStack may load the two modules."""
    patches = ["function_logs.patch_log_handler", "localstack_patches.patch_versions"]
    order = ", ".join(reversed(patches) if reverse else patches)
    environments = ensure_environments(print)
    ended = subprocess.run(
        [str(environments.localstack_python), "-c", SCRIPT.replace("PATCHES", order)],
        env={**os.environ, "PYTHONPATH": str(_SOURCE)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.stdout == "['before', 'late 1']\n", ended.stderr
