"""A secret for calls that change or stop the emulator.

The paths below ``/_localstack``, ``/_testbed`` and ``/_aws`` are the emulator's own endpoints. They
restart it, move its clock, inject faults, delete emails, and no signature protects them. There, all
methods but GET, HEAD and OPTIONS require the header ``X-Testbed-Secret``; reading needs no secret.
Calls of AWS APIs, the stages of APIs and function URLs need none either, independent of the path:
the route that answers decides.

Each start makes a new secret and writes it to a file that only its owner may read:
``TESTBED_CONTROL_SECRET_FILE``, by default ``/var/lib/localstack/control-secret`` (below
``FILESYSTEM_ROOT``, if that is set). ``TESTBED_CONTROL_SECRET`` sets the secret itself. Init
scripts get the name of the file in ``TESTBED_CONTROL_SECRET_FILE``; functions get neither.
"""

import hmac
import logging
import os
import secrets
from pathlib import Path
from typing import Any

from localstack import config
from localstack.http import Request, Response
from localstack.runtime.exceptions import LocalstackExit
from rolo.request import get_raw_path
from rolo.routing.router import Router

from localstack_testbed.hooks.patching import patch
from localstack_testbed.hooks.settings import CONTROL_SECRET, CONTROL_SECRET_FILE

LOG = logging.getLogger(__name__)

HEADER = "X-Testbed-Secret"
CODE = "ControlSecretRequired"

_BYTES = 32

_CONTROL = ("/_localstack/", "/_testbed/", "/_aws/")
_DATA = ("/_aws/execute-api/", "/_aws/lambda-url/")
_READING = ("GET", "HEAD", "OPTIONS")
# LocalStack's older EventBridge provider fires a rule on GET, too.
_CHANGED_BY_READING = ("/_aws/events/",)


def require_control_secret() -> None:
    """Write the secret to its file, and check it when a route has been matched."""
    file = secret_file()
    secret = CONTROL_SECRET.value() or secrets.token_urlsafe(_BYTES)
    os.environ.pop(CONTROL_SECRET.name, None)  # functions and init scripts do not see it
    try:
        write_secret(file, secret)
    except OSError as error:
        raise LocalstackExit(
            f"The control secret cannot be written to {file}: {error.strerror}."
            f" Set another file with {CONTROL_SECRET_FILE.name}.",
            code=1,
        ) from error
    os.environ[CONTROL_SECRET_FILE.name] = str(file)
    LOG.info(
        "Calls that change or stop this LocalStack require the header %s: the content of %s",
        HEADER,
        file,
    )
    rule = ControlRule(secret, file)

    @patch(Router.dispatch, pass_target=False)
    def dispatch(self: Any, request: Request) -> Response:
        """Do what rolo does, and check the rule between matching and dispatching."""
        matcher = self.url_map.bind(server_name=request.host)
        route, arguments = matcher.match(
            get_raw_path(request), method=request.method, return_rule=True
        )
        given = request.headers.get(HEADER, "")
        if not rule.allows(route.rule, request.method, given):
            return rule.denial(request.method, request.path)
        arguments.pop("__host__", None)
        response: Response = self.dispatcher(request, route.endpoint, arguments)
        return response


def secret_file() -> Path:
    """Return the file for the secret."""
    chosen = CONTROL_SECRET_FILE.value()
    return Path(chosen) if chosen else Path(config.dirs.var_libs).parent / "control-secret"


def write_secret(file: Path, secret: str) -> None:
    """Write the secret into a new file that only its owner may read.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)  # a file that exists would keep its permissions
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        opened.write(f"{secret}\n")


class ControlRule:
    """Decides which requests need the secret, and whether they have it.

    Parameters
    ----------
    file
        Where the caller finds the secret.
    """

    def __init__(self, secret: str, file: Path) -> None:
        self._secret = secret.encode()
        self._file = file

    def allows(self, route: str, method: str, given: str) -> bool:
        """Return whether a request may be carried out.

        Parameters
        ----------
        route
            The pattern of the path of the route that answers.
        given
            The secret that came with the request, or an empty string.
        """
        if not requires_secret(route, method):
            return True
        return hmac.compare_digest(given.encode(errors="replace"), self._secret)

    def denial(self, method: str, path: str) -> Response:
        """Return the response to a request without the secret."""
        message = (
            f"{method} {path} changes or stops the emulator, and requires the header {HEADER}"
            f" with the secret in {self._file}, where the emulator runs."
        )
        response = Response(status=403)
        response.set_json({"code": CODE, "message": message})
        return response


def requires_secret(route: str, method: str) -> bool:
    """Return whether a method of a route changes or stops the emulator."""
    if not route.startswith(_CONTROL) or route.startswith(_DATA):
        return False
    return method not in _READING or route.startswith(_CHANGED_BY_READING)
