"""AWS's runtime client with a function's module search path: in a fork, or as a new program."""

from __future__ import annotations

import importlib
import runpy
import sys
from pathlib import Path


def run_runtime(handler: str, path: list[str]) -> None:
    """Run the runtime, which gets its own modules before the function's come to the path."""
    for name in ("awslambdaric.bootstrap", "awslambdaric.lambda_config"):
        importlib.import_module(name)
    sys.argv[:] = ["awslambdaric", handler]
    sys.path[:0] = path
    importlib.invalidate_caches()
    runpy.run_module("awslambdaric", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    if sys.path[0] == str(Path(__file__).parent):
        del sys.path[0]
    run_runtime(sys.argv[1], sys.argv[2:])
