"""HTTP client of an emulator's own endpoints: ``/_testbed``, ``/_localstack`` and ``/_aws``.

All requests to these endpoints are sent here: with the control secret if they require it, without a
proxy, and with a clear error for an unexpected answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from testbed.control import control_secret
from testbed.control.control_secret import ControlSecret
from testbed.errors import TestbedError

if TYPE_CHECKING:
    import requests

NO_ANSWER_ADVICE = (
    "Start the testbed with `testbed up`, or check the endpoint if you have given one with"
    " --endpoint-url, TESTBED_ENDPOINT_URL or pytest's --testbed-endpoint-url."
)
"""What to do if an emulator does not answer."""

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
_READING = ("GET", "HEAD")
_TEXT_LENGTH = 500
_SERVER_ERRORS = HTTPStatus.INTERNAL_SERVER_ERROR


class LacksFeatureError(TestbedError):
    """The emulator does not have the feature that was asked for."""


class Endpoint:
    """The endpoints of one emulator.

    Parameters
    ----------
    url
        The emulator's URL.
    find_secret
        Returns the control secret. It is called at most once, before the first request that
        changes something. By default, the secret is read from the environment variables.
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
        """Return the endpoints of an emulator that may be given by its URL."""
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
        """Send a request, and return the response, whatever its status is.

        Parameters
        ----------
        body
            An object to send as JSON.
        answer_within
            The time limit for the answer in seconds; None for no limit.

        Raises
        ------
        TestbedError
            If the emulator does not answer, or requires a different secret.
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
                advice=NO_ANSWER_ADVICE,
                details=str(error),
            ) from error
        if response.status_code == HTTPStatus.FORBIDDEN:
            raise self._denied(method, path, response)
        return response

    def request(self, method: str, path: str, *, lacks: LacksFeatureError, **options: Any) -> Any:
        """Send a request, and return the JSON object of the response, or {} if it is empty.

        Parameters
        ----------
        lacks
            The error to raise if the emulator does not have the endpoint.
        options
            Further arguments of :meth:`send`.

        Raises
        ------
        LacksFeatureError
            If the emulator does not have the endpoint.
        TestbedError
            If the emulator does not answer, requires a different secret, or its answer is
            unexpected.
        """
        response = self.send(method, path, **options)
        content = json_object(response)
        if response.ok and content is not None:
            return content
        if lacks_endpoint(response):
            raise lacks
        raise self.unexpected(method, path, response)

    def unexpected(self, method: str, path: str, response: requests.Response) -> TestbedError:
        """Return the error for an unexpected answer."""
        message = (json_object(response) or {}).get("message")
        text = str(message or response.text[:_TEXT_LENGTH]).strip()
        return TestbedError(
            f"{method} {self.url}{path} returned HTTP {response.status_code}.",
            details=text,
            advice="Check that this is the URL of the LocalStack of `testbed up`, and that both are"
            " of the same version: `testbed down` and `testbed up` start it anew. Its log is"
            " localstack.log in the state folder, .testbed by default.",
        )

    def _denied(self, method: str, path: str, response: requests.Response) -> TestbedError:
        content = json_object(response) or {}
        if content.get("code") != "ControlSecretRequired":
            return self.unexpected(method, path, response)
        if self._secret is None:
            return TestbedError(
                f"{method} {self.url}{path} requires the emulator's control secret.",
                details=str(content.get("message", "")),
                advice=f"Set {control_secret.FILE_VARIABLE} to the path of the secret's file,"
                f" or {control_secret.VARIABLE} to the secret.",
            )
        return TestbedError(
            f"{method} {self.url}{path} was denied: the control secret in"
            f" {self._secret.source} is not this emulator's.",
            details=str(content.get("message", "")),
            advice=f"Unset {control_secret.FILE_VARIABLE} and {control_secret.VARIABLE} to use the"
            " secret of `testbed up`, or set them to the secret of this emulator.",
        )


def is_endpoint_url(text: str) -> bool:
    """Return whether requests can be sent to a URL: http or https, with a host.

    Examples
    --------
    ::

        assert is_endpoint_url("http://127.0.0.1:4566")
        assert not is_endpoint_url("127.0.0.1:4566")
    """
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is not a number, or an unmatched bracket
        return False
    return bool(valid) and not any(character.isspace() for character in text)


def require_answer(url: str) -> None:
    """Check that something answers HTTP requests at a URL.

    Raises
    ------
    TestbedError
        If nothing does.
    """
    Endpoint(url).send("GET", "/_localstack/health")


def json_object(response: requests.Response) -> dict[str, Any] | None:
    """Return the JSON object of a response, {} if it is empty, None if it is anything else."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        return {}
    try:
        content = response.json()
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def lacks_endpoint(response: requests.Response) -> bool:
    """Return whether a response means that the emulator does not have the endpoint.

    An emulator may pass an unknown path to an AWS API, such as S3, which answers with its own
    error: that the bucket does not exist, or that its name or the method is invalid.
    """
    if response.status_code == HTTPStatus.NOT_FOUND:
        return True
    is_ours = "message" in (json_object(response) or {})
    return HTTPStatus.BAD_REQUEST <= response.status_code < _SERVER_ERRORS and not is_ours
