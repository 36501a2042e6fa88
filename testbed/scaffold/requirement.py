"""The line of a requirements file that installs the testbed from where it was installed.

Installers record where a package came from, unless it was an index.
https://packaging.python.org/en/latest/specifications/direct-url/
"""

from __future__ import annotations

import json
from importlib import metadata
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_PACKAGE = "serverless-testbed"
_EXTRA = f"{_PACKAGE}[pytest]"


def requirement() -> str:
    """Return the requirement: from a Git URL, a file or folder of this machine, or an index."""
    distribution = metadata.distribution(_PACKAGE)
    recorded = distribution.read_text("direct_url.json")
    if recorded is None:
        return f"{_EXTRA}=={distribution.version}"
    return f"{_EXTRA} @ {direct_url(json.loads(recorded))}"


def is_local(line: str) -> bool:
    """Return whether only this machine can install a requirement."""
    return " @ file:" in line


def direct_url(recorded: dict[str, Any]) -> str:
    """Return the URL that a requirement names, from the content of ``direct_url.json``.

    Credentials are left out: a requirements file is committed.

    Examples
    --------
    ::

        git = {"vcs": "git", "commit_id": "2f1c"}
        direct_url({"url": "https://example.com/testbed.git", "vcs_info": git})
        # git+https://example.com/testbed.git@2f1c
    """
    parts = urlsplit(str(recorded["url"]))
    user, at, host = parts.netloc.rpartition("@")
    # The user of an SSH URL is "git" for everybody.
    kept = f"{user}@" if at and parts.scheme == "ssh" and ":" not in user else ""
    url = urlunsplit(parts._replace(netloc=f"{kept}{host}"))
    if vcs := recorded.get("vcs_info"):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    if folder := recorded.get("subdirectory"):
        url = f"{url}#subdirectory={folder}"
    return url
