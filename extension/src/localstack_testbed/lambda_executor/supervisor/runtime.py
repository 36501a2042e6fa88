"""The start of AWS's runtime client, in a forked process or as a new program."""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

if __name__ == "__main__" and sys.path[0] == str(Path(__file__).parent):
    del sys.path[0]  # functions must not import the modules in this folder
_packages = str(Path(__file__).resolve().parents[3])
sys.path.insert(0, _packages)
from localstack_testbed.lambda_executor.supervisor.debugger import connect_debugger  # noqa: E402
from localstack_testbed.lambda_executor.supervisor.sdk_endpoint import redirect_clients  # noqa: E402

sys.path.remove(_packages)

DEBUGGER_VARIABLE = "_TESTBED_DEBUGGER"


def run_runtime(handler: str, path: list[str], debugger: dict[str, Any] | None) -> None:
    """Import the runtime's modules, then add the function's ``path``, and run the runtime.

    ``debugger`` are the settings of the debugger, if the function is run under one.
    """
    for name in ("awslambdaric.bootstrap", "awslambdaric.lambda_config"):
        importlib.import_module(name)
    if endpoint_url := os.environ.get("AWS_ENDPOINT_URL"):
        redirect_clients(endpoint_url)
    sys.argv[:] = ["awslambdaric", handler]
    sys.path[:0] = path
    importlib.invalidate_caches()
    if debugger:
        connect_debugger(debugger)
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _debugger = json.loads(os.environ.pop(DEBUGGER_VARIABLE, "null"))
    run_runtime(sys.argv[1], sys.argv[2:], _debugger)
