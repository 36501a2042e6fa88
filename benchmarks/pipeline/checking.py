"""The pipeline of one emulator, asked for checks of a website that breaks and recovers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Self

import requests
import yaml

from benchmarks.polling import poll
from testbed.errors import TestbedError
from testbed.machine.host_address import HostAddress
from testbed.machine.websites import LocalWebsite, Page

_SITE = "benchmark"
_PAGE = Page(_SITE, "text/html", "<h1>All is well</h1>", "All is well")
_REQUEST_LIMIT_SECONDS = 30.0
# An emulator that takes longer does not do it at all.
LIMIT_SECONDS = 60.0


class WatchedWebsite:
    """A website on this machine, and the list of sites that names it alone.

    Parameters
    ----------
    sites
        The file to write the list to.
    address
        How the pipeline's functions reach this machine.
    """

    def __init__(self, sites: Path, address: HostAddress) -> None:
        self._website = LocalWebsite(_PAGE, address)
        self.sites = sites
        entry = {"name": _SITE, "url": self._website.url, "expect": _PAGE.expect}
        sites.write_text(yaml.safe_dump({"sites": [entry]}), encoding="utf-8")

    def breaks(self) -> None:
        """Answer with an error from now on."""
        self._website.answers(503)

    def repaired(self) -> None:
        """Show the page from now on."""
        self._website.recovers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._website.close()


class Api:
    """The pipeline's API, over one connection that is kept.

    Every failure to get what is waited for is a ``TestbedError``.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy on the way to 127.0.0.1

    def await_answer(self) -> None:
        """Wait until the API answers."""

        def answers() -> bool:
            try:
                return self._request("GET", "/status").ok
            except requests.RequestException:
                return False

        poll(answers, within=LIMIT_SECONDS, what="answer of the API")

    def timed_check(self, status: str) -> float:
        """Have the website checked; return the seconds until its newest incident has a status.

        Parameters
        ----------
        status
            ``OPEN`` or ``CLOSED``; the one that the newest incident does not have yet.
        """
        try:
            started = time.perf_counter()
            self._request("POST", "/checks", json={"sites": [_SITE]}).raise_for_status()
            poll(
                lambda: self._newest() == status,
                within=LIMIT_SECONDS,
                what=f"incident with status {status}",
            )
            return time.perf_counter() - started
        except requests.RequestException as error:
            raise TestbedError(f"{error}") from error

    def _newest(self) -> str | None:
        answer = self._request("GET", "/incidents", params={"site": _SITE, "limit": 1})
        answer.raise_for_status()
        found = answer.json()["incidents"]
        return found[0]["status"] if found else None

    def _request(self, method: str, path: str, **options: Any) -> requests.Response:
        return self._http.request(
            method, self._url + path, timeout=_REQUEST_LIMIT_SECONDS, **options
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
