"""``testbed debug``, with a client of the Debug Adapter Protocol in place of an IDE."""

from __future__ import annotations

import json
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import requests

from testbed.machine.ports import HOST, random_free_port
from testbed.machine.waiting import until
from tests.conftest import ROOT, Deployed
from tests.debug_adapter import Ide

LIMIT_SECONDS = 60
SOURCE = ROOT / "handlers" / "status_api.py"
LINES = SOURCE.read_text().splitlines()
LINE = 1 + LINES.index("    return app.resolve(event, context)")


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port)):
        return True
    return False


def test_launch_configuration_and_similar_names(running_testbed: Deployed) -> None:
    command = running_testbed.command
    printed = json.loads(command.output("debug", "status-api", "--launch-json", "--port", "5679"))
    [configuration] = printed["configurations"]
    assert configuration["connect"] == {"host": HOST, "port": 5679}
    assert configuration["pathMappings"] == [
        {"localRoot": "${workspaceFolder}/handlers", "remoteRoot": "/var/task"}
    ]
    misspelled = command.run("debug", "status-ap")
    assert misspelled.returncode == 1
    assert "Did you mean status-api?" in misspelled.stderr


def test_request_of_an_api_is_debugged(running_testbed: Deployed) -> None:
    """The IDE names the project's folder, as PyCharm does. After Ctrl-C the request continues."""
    port = random_free_port()
    url = f"{running_testbed.api_url}/status"
    mapping = {"localRoot": str(ROOT), "remoteRoot": "/var/task"}
    with (
        ThreadPoolExecutor(1) as pool,
        running_testbed.command.started("debug", "status-api", "--port", str(port)) as process,
    ):
        until(lambda: listens(port), within=LIMIT_SECONDS, what="a relay that listens")
        with Ide(port) as ide:
            ide.attach({str(SOURCE): [LINE]}, pathMappings=[mapping])
            request = pool.submit(requests.get, url, timeout=LIMIT_SECONDS)
            frame = ide.stopped_frame()
            assert (frame["source"]["path"], frame["line"]) == (str(SOURCE), LINE)
            process.send_signal(signal.SIGINT)
            assert request.result().status_code == 200
            assert ide.event("terminated") == {}
        assert process.wait(LIMIT_SECONDS) == 130
