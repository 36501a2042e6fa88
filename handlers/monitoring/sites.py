"""The monitored sites, from ``sites.yaml`` in the bucket."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

from monitoring import schemas
from monitoring.storage import Documents, Unchanged
from monitoring.wording import one_line

type Severity = Literal["critical", "warning"]

SITES_KEY = "sites.yaml"

# libyaml's parser, if PyYAML was built with it, is much faster.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_validate = schemas.validator("sites")
_ENTRY = schemas.load("sites")["properties"]["sites"]["items"]["properties"]

NAME_PATTERN: str = _ENTRY["name"]["pattern"].strip("^$")
"""The pattern of a site's name, a regular expression without anchors."""


class SitesError(Exception):
    """The list of sites is missing or invalid; the message says where and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A site and its requirements; ``sites.schema.json`` explains the fields."""

    name: str
    url: str
    timeout: float
    max_bytes: int
    severity: Severity
    expect: str | None = None


def parse(text: bytes | str, source: str = SITES_KEY) -> tuple[Site, ...]:
    """Read a list of sites.

    Raises
    ------
    SitesError
        If *text* is not YAML, does not match the schema or has a duplicate name. The message names
        *source* and the entry.
    """
    try:
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 (one of the safe loaders)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SitesError(f"{source} is not YAML: {one_line(str(error))}") from None
    try:
        entries: Any = _validate(data)["sites"]
    except schemas.Invalid as error:
        raise SitesError(f"{source}: {_entry(data, error.path)}{error}") from None
    names: set[str] = set()
    for number, entry in enumerate(entries, start=1):
        if entry["name"] in names:
            raise SitesError(f'{source}: entry {number}: the name "{entry["name"]}" is taken')
        if not math.isfinite(entry["timeout"]):  # .nan passes the schema
            raise SitesError(
                f'{source}: entry {number} ("{entry["name"]}"): timeout is not a number'
            )
        names.add(entry["name"])
    return tuple(Site(**entry) for entry in entries)


def select(sites: Sequence[Site], names: Iterable[str]) -> tuple[tuple[Site, ...], tuple[str, ...]]:
    """Return the sites with these names (all sites if there are none), and the unknown names."""
    wanted = dict.fromkeys(names)
    if not wanted:
        return tuple(sites), ()
    known = {site.name: site for site in sites}
    return (
        tuple(known[name] for name in wanted if name in known),
        tuple(name for name in wanted if name not in known),
    )


class SiteList:
    """``sites.yaml`` in the bucket, which is parsed again only when it has changed."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._etag = ""
        self._sites: tuple[Site, ...] = ()

    @property
    def version(self) -> str:
        """The ETag of the last list that was loaded."""
        return self._etag

    def load(self) -> tuple[Site, ...]:
        """Return the sites in the current list.

        Raises
        ------
        SitesError
            If the list is missing or invalid.
        """
        source = f"s3://{self._documents.bucket}/{SITES_KEY}"
        try:
            found = self._documents.read(SITES_KEY, known=self._etag)
        except Unchanged:
            return self._sites
        if found is None:
            raise SitesError(f"{source} is missing: upload the list of sites there")
        body, etag = found
        self._sites = parse(body, source)
        self._etag = etag
        return self._sites


def _entry(data: object, path: Sequence[str]) -> str:
    """Return a prefix such as ``entry 2 ("shop"): `` for the entry at *path*."""
    match path:
        case ("sites", index, *_) if isinstance(data, dict):
            entry = data["sites"][int(index)]
            name = entry.get("name") if isinstance(entry, dict) else None
            label = f' ("{one_line(name, 63)}")' if isinstance(name, str) else ""
            return f"entry {int(index) + 1}{label}: "
        case _:
            return ""
