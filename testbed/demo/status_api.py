"""Client of the pipeline's own REST API: sites, incidents, and checks on demand."""

from __future__ import annotations

from typing import Any, Self

import requests

from testbed.errors import TestbedError

FUNCTION = "status-api"

_REQUEST_LIMIT_SECONDS = 30.0


class StatusApi:
    """The API at a URL, over one connection that is kept.

    Parameters
    ----------
    url
        The URL of its stage, such as the stack's output ``ApiUrl``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.trust_env = False  # no proxy on the way to 127.0.0.1

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """Send a request, and return the response, whatever its status.

        Parameters
        ----------
        options
            Options of :func:`requests.request`, such as ``params`` and ``json``.

        Raises
        ------
        requests.RequestException
            If there is no response.
        """
        return self._http.request(
            method, self.url + path, timeout=_REQUEST_LIMIT_SECONDS, **options
        )

    def answers(self) -> bool:
        """Return whether ``GET /status`` succeeds."""
        try:
            return self.send("GET", "/status").ok
        except requests.RequestException:
            return False

    def sites(self) -> list[dict[str, Any]]:
        """Return all sites and their status, in the order of ``sites.yaml``.

        Raises
        ------
        TestbedError
            If the request fails.
        """
        return list(self._json("GET", "/status")["sites"])

    def incidents(self, site: str, limit: int | None = None) -> list[dict[str, Any]]:
        """Return a site's incidents, the newest first.

        Parameters
        ----------
        limit
            How many at most; by default as many as the API returns in a page.

        Raises
        ------
        TestbedError
            If the request fails.
        """
        query = {"site": site, "limit": limit}  # requests leaves out what is None
        return list(self._json("GET", "/incidents", params=query)["incidents"])

    def request_check(self, *sites: str) -> None:
        """Request a check of sites; it runs after the response.

        Raises
        ------
        TestbedError
            If the request fails.
        """
        self._json("POST", "/checks", json={"sites": list(sites)})

    def _json(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self.send(method, path, **options)
            response.raise_for_status()
            document: dict[str, Any] = response.json()
        except requests.RequestException as error:
            failed = error.response
            raise TestbedError(
                f"{method} {path} at the API failed: {error}",
                advice=f"See the log of {FUNCTION}: testbed logs {FUNCTION}",
                details=failed.text if failed is not None else "",
            ) from error
        return document

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()
