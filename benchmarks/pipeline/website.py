"""The website that the pipeline under measurement watches."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import yaml

from testbed.machine.host_address import HostAddress
from testbed.websites.local_website import LocalWebsite
from testbed.websites.page import Page

SITE = "benchmark"
_EXPECT = "All is well"
_PAGE = Page.of(SITE, f"<h1>{_EXPECT}</h1>")


class WatchedWebsite:
    """A website on this machine, and a list of sites with it as the only entry.

    Parameters
    ----------
    sites
        The file to write the list of sites to.
    address
        How the pipeline's functions reach this machine.
    """

    def __init__(self, sites: Path, address: HostAddress) -> None:
        self._website = LocalWebsite(_PAGE, address)
        self.sites = sites
        entry = {"name": SITE, "url": self._website.url, "expect": _EXPECT}
        sites.write_text(yaml.safe_dump({"sites": [entry]}), encoding="utf-8")

    def start_outage(self) -> None:
        """Answer every request with status 503 from now on."""
        self._website.answers(503)

    def end_outage(self) -> None:
        """Serve the page again."""
        self._website.recovers()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._website.close()
