"""The list of monitored sites for the demo: its own websites, and real ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from testbed.errors import ProjectError, TestbedError
from testbed.project.project import Project
from testbed.project.uploads import Upload

SITES_OUTPUT = "SitesUri"
_NAME_LENGTH = 63


@dataclass(frozen=True)
class SiteEntry:
    """An entry of ``sites.yaml``."""

    name: str
    url: str
    expect: str | None = None


def real_sites(urls: Iterable[str], taken: Iterable[str]) -> tuple[SiteEntry, ...]:
    """Name real websites after their hosts: ``https://www.example.com/`` is ``example-com``.

    Parameters
    ----------
    taken
        Names that are in use; a number is appended to a name that is taken.

    Raises
    ------
    TestbedError
        If one is not an HTTP or HTTPS URL.
    """
    names = set(taken)
    sites = []
    for url in dict.fromkeys(urls):
        name = _free_name(_host(url), names)
        names.add(name)
        sites.append(SiteEntry(name, url))
    return tuple(sites)


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port  # raises if the port is not a number
    except ValueError:
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host or parts.username is not None:
        raise TestbedError(
            f"--site {url} is not the URL of a website.",
            advice="Use http:// or https:// and a host, without credentials:"
            " --site https://example.com/",
        )
    return host


def _free_name(host: str, taken: set[str]) -> str:
    words = re.sub("[^a-z0-9]+", "-", host.removeprefix("www.").lower()).strip("-") or "site"
    number, name = 1, words[:_NAME_LENGTH].strip("-")
    while name in taken:
        number += 1
        suffix = f"-{number}"
        name = words[: _NAME_LENGTH - len(suffix)].strip("-") + suffix
    return name


def sites_upload(project: Project, sites: Iterable[SiteEntry], file: Path) -> Upload:
    """Write sites to a file, and return the upload that replaces the project's own list.

    Raises
    ------
    ProjectError
        If the project uploads no list of sites, or these do not match its schema.
    """
    entries = [
        {key: value for key, value in vars(site).items() if value is not None} for site in sites
    ]
    document = yaml.safe_dump({"sites": entries}, sort_keys=False, allow_unicode=True)
    file.write_text(document, encoding="utf-8")
    for upload in project.uploads:
        if upload.output == SITES_OUTPUT:
            [chosen] = [
                other
                for other in project.with_files({upload.name: file}).uploads
                if other.name == upload.name
            ]
            chosen.content()
            return chosen
    raise ProjectError(
        f"The demo needs an upload to the output {SITES_OUTPUT}, and this project has none.",
        advice="Run the demo in the project of the Website Monitoring System.",
    )
