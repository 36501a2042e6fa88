"""The process that serves the demo's websites, and can outlive the demo.

``python -m testbed.demo.hosting`` serves them until the given LocalStack, a process or a container,
has stopped. So ``testbed down`` stops the websites, too.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from testbed.demo.pages import PAGES
from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.errors import StartError, TestbedError
from testbed.machine.processes import terminate_tree
from testbed.machine.websites import DEFAULT_OUTAGE, OUTAGE_PATH, LocalWebsite

_START_LIMIT_SECONDS = 15.0
_STOP_LIMIT_SECONDS = 5.0
_REQUEST_LIMIT_SECONDS = 5.0


@dataclass(frozen=True)
class DemoWebsite:
    """A website of the demo, controlled from outside its process.

    Parameters
    ----------
    url
        Its URL for functions.
    local_url
        Its URL for programs on this machine.
    expect
        Text in the body that a check looks for.
    """

    name: str
    url: str
    local_url: str
    expect: str

    @property
    def outage_url(self) -> str:
        """The URL to PUT in order to break the website, and to DELETE in order to repair it."""
        return self.local_url.rstrip("/") + OUTAGE_PATH

    def start_outage(self, status: int = DEFAULT_OUTAGE) -> None:
        """Answer every request with an error status, until :meth:`end_outage`.

        Raises
        ------
        TestbedError
            If the status is not one of an error, or the website does not answer.
        """
        self._request("PUT", str(int(status)))

    def end_outage(self) -> None:
        """Serve the page again.

        Raises
        ------
        TestbedError
            If the website does not answer.
        """
        self._request("DELETE")

    def _request(self, method: str, body: str = "") -> None:
        import requests

        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy on the way to 127.0.0.1
                session.request(
                    method, self.outage_url, data=body, timeout=_REQUEST_LIMIT_SECONDS
                ).raise_for_status()
        except requests.RequestException as error:
            raise TestbedError(
                f"{method} {self.outage_url} failed: {error}",
                advice="Check that the process of the demo's websites is still running.",
            ) from error


class Hosting:
    """The process that serves the websites.

    Parameters
    ----------
    running
        The LocalStack to wait for: the websites stop when it has stopped.
    log
        The file for the process's standard error.

    Raises
    ------
    StartError
        If the process does not serve the websites within 15 seconds.
    """

    def __init__(self, running: Instance | Container, log: Path) -> None:
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, json.dumps(asdict(running))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is for the demo, which then stops this
            )
        try:
            self.websites = self._await_websites(log)
        except BaseException:
            self.stop()
            raise

    def _await_websites(self, log: Path) -> tuple[DemoWebsite, ...]:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            readable, _, _ = select.select([output], [], [], _START_LIMIT_SECONDS)
            line = output.readline() if readable else b""
        if not line:
            raise StartError(
                "The demo's websites did not start.",
                advice=f"See their log: {log}",
                details=log.read_text(encoding="utf-8", errors="replace").strip(),
            )
        return tuple(DemoWebsite(**website) for website in json.loads(line))

    def wait(self) -> None:
        """Wait until the process has exited, as it does soon after LocalStack.

        Raises
        ------
        subprocess.TimeoutExpired
            If it does not within 5 seconds.
        """
        self._process.wait(_STOP_LIMIT_SECONDS)

    def stop(self) -> None:
        """Stop the process."""
        terminate_tree(self._process.pid)
        self._process.wait()

    def detach(self) -> None:
        """Leave the process running until LocalStack has stopped."""
        # Otherwise Python warns that the child process is still running.
        self._process.returncode = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(running: Instance | Container) -> None:
    """Serve the websites, print their URLs as JSON, and return when LocalStack has stopped."""
    address = running.host_address
    with contextlib.ExitStack() as stack:
        websites = [stack.enter_context(LocalWebsite(page, address)) for page in PAGES]
        hosted = [
            DemoWebsite(site.page.name, site.url, site.local_url, site.page.expect)
            for site in websites
        ]
        print(json.dumps([asdict(website) for website in hosted]), flush=True)
        # Nothing reads standard output from here on.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        running.await_end()


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    serve(Instance(**given) if "pid" in given else Container(**given))
