"""The demo's websites in a process of their own, which can outlive the demo.

``python -m testbed.demo.hosting`` serves them for as long as the LocalStack runs that it is told
of, as a process or in a container, so that ``testbed down`` ends them, too.
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
from testbed.machine.websites import DEFAULT_OUTAGE, OUTAGE_PATH, LocalWebsite

_START_LIMIT_SECONDS = 15.0
_STOP_LIMIT_SECONDS = 5.0
_REQUEST_LIMIT_SECONDS = 5.0


@dataclass(frozen=True)
class HostedWebsite:
    """One of the websites, seen from outside their process.

    Parameters
    ----------
    url
        Where functions find it.
    local_url
        Where everything on this machine finds it.
    expect
        Text in the body by which a check knows the page.
    """

    name: str
    url: str
    local_url: str
    expect: str

    @property
    def outage_url(self) -> str:
        """What is PUT to break the website, and DELETEd to repair it."""
        return self.local_url.rstrip("/") + OUTAGE_PATH

    def breaks(self, status: int = DEFAULT_OUTAGE) -> None:
        """Have every request answered with an error, until repaired.

        Raises
        ------
        TestbedError
            If the website refuses, or does not answer.
        """
        self._request("PUT", str(int(status)))

    def repaired(self) -> None:
        """Have the page shown again.

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
                advice="The demo's websites run in a process of their own: has that ended?",
            ) from error


class Hosting:
    """The running process.

    Parameters
    ----------
    running
        The LocalStack whose end is the websites' end.
    log
        The file that gets the process's complaints.

    Raises
    ------
    StartError
        If the process does not start to serve.
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

    def _await_websites(self, log: Path) -> tuple[HostedWebsite, ...]:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            readable, _, _ = select.select([output], [], [], _START_LIMIT_SECONDS)
            line = output.readline() if readable else b""
        if not line:
            raise StartError(
                "The demo's websites did not start.",
                advice=f"Their log is {log}.",
                details=log.read_text(encoding="utf-8", errors="replace").strip(),
            )
        return tuple(HostedWebsite(**website) for website in json.loads(line))

    def wait(self) -> None:
        """Return when the process has ended, as it does soon after LocalStack.

        Raises
        ------
        subprocess.TimeoutExpired
            If it has not within 5 seconds.
        """
        self._process.wait(_STOP_LIMIT_SECONDS)

    def stop(self) -> None:
        """Stop the process."""
        self._process.terminate()
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def detach(self) -> None:
        """Leave the process to itself, and to the end of LocalStack."""
        # Python warns of children that are still running when their object goes.
        self._process.returncode = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(running: Instance | Container) -> None:
    """Serve the websites, say where on standard output, and return when LocalStack has ended."""
    address = running.host_address
    with contextlib.ExitStack() as stack:
        websites = [stack.enter_context(LocalWebsite(page, address)) for page in PAGES]
        hosted = [
            HostedWebsite(site.page.name, site.url, site.local_url, site.page.expect)
            for site in websites
        ]
        print(json.dumps([asdict(website) for website in hosted]), flush=True)
        # Nobody reads any further.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        running.await_end()


if __name__ == "__main__":
    told = json.loads(sys.argv[1])
    serve(Instance(**told) if "pid" in told else Container(**told))
