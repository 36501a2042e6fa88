"""The container's health check: is LocalStack ready, and did every init script succeed?

For a container's health check. It waits until there is an answer, so that the container is healthy
as soon as that is known and need not be asked often.
https://docs.docker.com/reference/dockerfile/#healthcheck

Exit code 0
    The stage ``ready`` is over, and no script failed.
Exit code 1
    A script failed: its name, and what it printed, if the extension kept that, is printed.

It asks LocalStack's own endpoint
(https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/), which does not know
of scripts in ``boot.d``: LocalStack's image runs those before LocalStack.
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
# As LocalStack's image lays it out; the process itself may have been told otherwise.
LOGS = Path(os.environ.get("FILESYSTEM_ROOT", "/")) / "var/lib/localstack/logs"


def main() -> int:
    """Wait for the answer, print it, and return the exit code."""
    port = os.environ.get("GATEWAY_LISTEN", ":4566").split(",")[0].rpartition(":")[2]
    url = f"http://127.0.0.1:{port}/_localstack/init"
    # No proxy on the way to 127.0.0.1.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while True:
        try:
            with opener.open(url, timeout=REQUEST_LIMIT_SECONDS) as response:
                stages: dict[str, Any] = json.load(response)
        except (OSError, ValueError):  # it does not listen yet, or not all of it is there
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
        return "LocalStack's log says more."


if __name__ == "__main__":
    sys.exit(main())
