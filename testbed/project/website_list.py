"""The list of websites in a file that a deployment uploads.

``websites`` in an entry of ``[[tool.testbed.uploads]]`` says where it is: in ``sites.yaml`` with ::

    sites:
    - name: shop
      url: http://shop.example.com/

it is ``{ list = "sites", name = "name", url = "url" }``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from testbed.errors import ProjectError

_KEYS = ("list", "name", "url")

Entry = dict[str, Any]


@dataclass(frozen=True)
class WebsiteList:
    """The keys of a list of websites in a YAML or JSON file.

    Parameters
    ----------
    list_key
        The key of the list.
    name_key, url_key
        The keys of an entry's name and URL.
    """

    list_key: str
    name_key: str
    url_key: str

    def with_websites(self, content: bytes, websites: Mapping[str, str], source: str) -> bytes:
        """Return a file's content with further websites; those of the same name are replaced.

        Parameters
        ----------
        websites
            Their URLs, by their names.
        source
            The file, for the error's message.

        Raises
        ------
        ProjectError
            If the content has no such list.
        """

        def change(entries: list[Entry]) -> list[Entry]:
            kept = [entry for entry in entries if entry.get(self.name_key) not in websites]
            return kept + [
                {self.name_key: name, self.url_key: url} for name, url in websites.items()
            ]

        return self._changed(content, change, source)

    def without_website(self, content: bytes, name: str, original: bytes, source: str) -> bytes:
        """Return a file's content without a website, or with the original entry of that name.

        Parameters
        ----------
        original
            The content of the project's own file.
        source
            The file, for the error's message.

        Raises
        ------
        ProjectError
            If one of the contents has no such list.
        """
        own = self._named(self._entries(_parsed(original, source), source), name)

        def change(entries: list[Entry]) -> list[Entry]:
            return [entry for entry in entries if entry.get(self.name_key) != name] + own

        return self._changed(content, change, source)

    def has(self, content: bytes, name: str, source: str) -> bool:
        """Return whether a file's content lists a website of a name."""
        return bool(self._named(self._entries(_parsed(content, source), source), name))

    def _named(self, entries: list[Entry], name: str) -> list[Entry]:
        return [entry for entry in entries if entry.get(self.name_key) == name]

    def _changed(
        self, content: bytes, change: Callable[[list[Entry]], list[Entry]], source: str
    ) -> bytes:
        document = _parsed(content, source)
        document[self.list_key] = change(self._entries(document, source))
        if source.endswith(".json"):
            return json.dumps(document, indent=2).encode()
        return yaml.safe_dump(document, sort_keys=False, allow_unicode=True).encode()

    def _entries(self, document: dict[str, Any], source: str) -> list[Entry]:
        entries = document.get(self.list_key)
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise ProjectError(
                f"{source} has no list {self.list_key!r} of websites.",
                advice="Correct the file, or the key `websites` of [[tool.testbed.uploads]] in"
                " pyproject.toml.",
            )
        return entries


def _parsed(content: bytes, source: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise ProjectError(f"{source} is not valid YAML.", details=str(error)) from error
    return document if isinstance(document, dict) else {}


def website_list(entry: dict[str, Any], pyproject: Path) -> WebsiteList | None:
    """Return the list of websites that an entry of ``[[tool.testbed.uploads]]`` describes.

    Raises
    ------
    ProjectError
        If the description is not complete.
    """
    keys = entry.get("websites")
    if keys is None:
        return None
    if (
        not isinstance(keys, dict)
        or {*keys} != {*_KEYS}
        or not all(isinstance(each, str) for each in keys.values())
    ):
        raise ProjectError(
            f"{pyproject}: `websites` of {entry.get('file')} is not of the form"
            ' { list = "sites", name = "name", url = "url" }.'
        )
    return WebsiteList(*(keys[key] for key in _KEYS))
