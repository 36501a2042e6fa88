"""An emulator's own HTTP endpoints: ``/_testbed``, ``/_localstack`` and ``/_aws``.

All clients of these endpoints send their requests here, so that each of them bears the control
secret if it needs one, takes no proxy, and ends with a clear error if the answer is not what was
expected.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.errors import TestbedError

if TYPE_CHECKING:
    import requests

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
_READING = ("GET", "HEAD")
_TEXT_LENGTH = 500
_SERVER_ERRORS = HTTPStatus.INTERNAL_SERVER_ERROR


class LacksFeatureError(TestbedError):
    """The emulator has no such endpoint."""


class Endpoint:
    """The endpoints of one emulator.

    Parameters
    ----------
    url
        Where the emulator answers.
    find_secret
        Returns the control secret; called at most once, before the first request that changes
        something. By default the secret is what the environment variables name.
    """

    def __init__(
        self,
        url: str,
        find_secret: Callable[[], ControlSecret | None] = control_secret.from_environment,
    ) -> None:
        self.url = url.rstrip("/")
        self._find_secret = find_secret
        self._secret: ControlSecret | None = None

    @classmethod
    def of(cls, endpoint: Endpoint | str) -> Endpoint:
        """Return the endpoints of an emulator that is given by its URL, too."""
        return Endpoint(endpoint) if isinstance(endpoint, str) else endpoint

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        answer_within: float | None = ANSWER_SECONDS,
    ) -> requests.Response:
        """Send a request, and return whatever is answered.

        Parameters
        ----------
        body
            An object to send as JSON; nothing if None.
        answer_within
            The limit for the answer in seconds; None for no limit.

        Raises
        ------
        TestbedError
            If the emulator does not answer, or requires another secret.
        """
        import requests

        sent = dict(headers or {})
        if method not in _READING:
            self._secret = self._secret or self._find_secret()
            if self._secret:
                sent[control_secret.HEADER] = self._secret.value
        try:
            with requests.Session() as session:
                session.trust_env = False  # no proxy on the way to 127.0.0.1
                response = session.request(
                    method,
                    self.url + path,
                    params=query,
                    json=body,
                    headers=sent,
                    timeout=(CONNECT_SECONDS, answer_within),
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            raise TestbedError(
                f"{self.url} does not answer.",
                advice="Start the testbed with: testbed up",
                details=str(error),
            ) from error
        if response.status_code == HTTPStatus.FORBIDDEN:
            raise self._denied(method, path, response)
        return response

    def request(self, method: str, path: str, *, lacks: LacksFeatureError, **options: Any) -> Any:
        """Send a request, and return the JSON object or the empty object that is answered.

        Parameters
        ----------
        lacks
            The error to raise if the emulator has no such endpoint.
        options
            Further arguments of :meth:`send`.

        Raises
        ------
        LacksFeatureError
            If the emulator has no such endpoint.
        TestbedError
            If the emulator does not answer, requires another secret, or answers otherwise than
            expected.
        """
        response = self.send(method, path, **options)
        content = json_object(response)
        if response.ok and content is not None:
            return content
        if lacks_endpoint(response):
            raise lacks
        raise self.unexpected(method, path, response)

    def unexpected(self, method: str, path: str, response: requests.Response) -> TestbedError:
        """Return the error that the emulator answered otherwise than expected."""
        message = (json_object(response) or {}).get("message")
        text = str(message or response.text[:_TEXT_LENGTH]).strip()
        return TestbedError(
            f"{method} {self.url}{path} was answered with HTTP {response.status_code}.",
            details=text,
        )

    def _denied(self, method: str, path: str, response: requests.Response) -> TestbedError:
        content = json_object(response) or {}
        if content.get("code") != "ControlSecretRequired":
            return self.unexpected(method, path, response)
        if self._secret is None:
            return TestbedError(
                f"{method} {self.url}{path} requires the emulator's control secret.",
                details=str(content.get("message", "")),
                advice=f"Set {control_secret.FILE_VARIABLE} to the file, or"
                f" {control_secret.VARIABLE} to its content.",
            )
        return TestbedError(
            f"{method} {self.url}{path} was denied: the control secret in"
            f" {self._secret.source} is not that of this emulator.",
            details=str(content.get("message", "")),
        )


def json_object(response: requests.Response) -> dict[str, Any] | None:
    """Return what was answered: {} for nothing, None if it is no JSON object."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        return {}
    try:
        content = response.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def lacks_endpoint(response: requests.Response) -> bool:
    """Return whether an answer says that the emulator has no such endpoint.

    An AWS API that is asked for a path that it does not know answers with an error of its own:
    S3, for one, that there is no such bucket, or that its name or the method is not valid.
    """
    if response.status_code == HTTPStatus.NOT_FOUND:
        return True
    is_ours = "message" in (json_object(response) or {})
    return HTTPStatus.BAD_REQUEST <= response.status_code < _SERVER_ERRORS and not is_ours
