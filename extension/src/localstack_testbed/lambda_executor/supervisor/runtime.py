"""The start of AWS's runtime client, in a forked process or as a new program."""

from __future__ import annotations

import importlib
import os
import runpy
import sys
from pathlib import Path

if __name__ == "__main__" and sys.path[0] == str(Path(__file__).parent):
    del sys.path[0]  # functions must not import the modules in this folder
_packages = str(Path(__file__).resolve().parents[3])
sys.path.insert(0, _packages)
from localstack_testbed.lambda_executor.supervisor.sdk_endpoint import redirect_clients  # noqa: E402

sys.path.remove(_packages)


def run_runtime(handler: str, path: list[str]) -> None:
    """Import the runtime's modules, then add the function's ``path``, and run the runtime."""
    for name in ("awslambdaric.bootstrap", "awslambdaric.lambda_config"):
        importlib.import_module(name)
    if endpoint_url := os.environ.get("AWS_ENDPOINT_URL"):
        redirect_clients(endpoint_url)
    sys.argv[:] = ["awslambdaric", handler]
    sys.path[:0] = path
    importlib.invalidate_caches()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    run_runtime(sys.argv[1], sys.argv[2:])
