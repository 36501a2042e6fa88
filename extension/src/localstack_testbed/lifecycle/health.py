"""A health check for the container: LocalStack is ready, and every init script has succeeded.

It waits until that is decided, so that the container is healthy as early as possible and the check
can have a long interval. https://docs.docker.com/reference/dockerfile/#healthcheck

Exit status 0
    LocalStack is ready, and no script has failed.
Exit status 1
    A script has failed. Its name and its output are printed.

The check calls LocalStack's endpoint
(https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/). The endpoint knows
nothing of scripts in ``boot.d``, which LocalStack's image runs before LocalStack starts.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from localstack_testbed.lifecycle.init_logs import log_of

POLL_SECONDS = 0.1
REQUEST_LIMIT_SECONDS = 10.0
# The layout of LocalStack's image.
LOGS = Path(os.environ.get("FILESYSTEM_ROOT", "/")) / "var/lib/localstack/logs"


def main() -> int:
    """Wait until LocalStack is ready or a script has failed, and return the exit status."""
    port = os.environ.get("GATEWAY_LISTEN", ":4566").split(",")[0].rpartition(":")[2]
    url = f"http://127.0.0.1:{port}/_localstack/init"
    # Calls of 127.0.0.1 go through no proxy.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=REQUEST_LIMIT_SECONDS) as response:
                stages: dict[str, Any] = json.load(response)
        except (OSError, ValueError):  # it does not listen yet, or is still loading
            stages = {"completed": {}, "scripts": []}
        failed = [each["name"] for each in stages["scripts"] if each["state"] == "ERROR"]
        if failed:
            for name in failed:
                print(f"The init script {name} failed.\n{_output(name)}")
            return 1
        if stages["completed"].get("READY"):
            print("Ready.")
            return 0
        time.sleep(POLL_SECONDS)


def _output(script: str) -> str:
    try:
        return log_of(script, LOGS).read_text(encoding="utf-8", errors="replace").strip()
    except FileNotFoundError:
        return "See LocalStack's log."


if __name__ == "__main__":
    sys.exit(main())
