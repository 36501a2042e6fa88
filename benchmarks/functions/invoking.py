"""Lambda functions on one emulator: created, invoked, checked and deleted."""

from __future__ import annotations

import base64
import io
import json
import re
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from threading import Barrier
from typing import TYPE_CHECKING, Any, Self

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from benchmarks.roles import LOGGING, ensure_role
from testbed.aws.clients import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from testbed.errors import TestbedError
from testbed.machine.waiting import WaitedTooLong, until

if TYPE_CHECKING:
    from types_boto3_iam import IAMClient
    from types_boto3_lambda import LambdaClient

_REGION = "us-east-1"
_ROLE = "benchmark-functions"
_ACTIVE_LIMIT_SECONDS = 60.0
# More than any function takes, and less than the client's timeout.
_TIMEOUT_SECONDS = 20
_REQUEST_LIMIT_SECONDS = 30
_INIT_DURATION = re.compile(r"Init Duration: ([0-9.]+) ms")

_SOURCE = """\
import os
import time

{statements}
ENVIRONMENT = os.urandom(8).hex()

def handler(event, context):
    if event["logs"]:
        print(event["word"])
    time.sleep(event["seconds"])
    return {{"environment": ENVIRONMENT, "word": event["word"], "has": {effect}}}
"""


class Kind(StrEnum):
    """The statements of a function's module, and an expression that shows their effect."""

    statements: str
    effect: str
    has: str | None

    def __new__(cls, name: str, statements: str, effect: str, has: str | None) -> Self:
        """Create a member; ``has`` is the expected value of the expression ``effect``."""
        member = str.__new__(cls, name)
        member._value_ = name
        member.statements, member.effect, member.has = statements, effect, has
        return member

    TRIVIAL = "trivial", "", "None", None
    IMPORT = "import", "import boto3", "boto3.__name__", "boto3"
    CLIENT = (
        "client",
        'import boto3\nS3 = boto3.client("s3")',
        "S3.meta.service_model.service_name",
        "s3",
    )

    def bundle(self) -> bytes:
        """Return its code as a ZIP archive."""
        source = _SOURCE.format(statements=self.statements, effect=self.effect)
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            entry = zipfile.ZipInfo("app.py")
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, source)
        return content.getvalue()


@dataclass(frozen=True)
class Answer:
    """A correct response.

    Parameters
    ----------
    environment
        The id of its execution environment.
    started, ended
        When the request was sent and the response complete, by ``time.perf_counter``.
    init_duration
        In seconds; None if the log in the response has none.
    """

    environment: str
    started: float
    ended: float
    init_duration: float | None

    @property
    def seconds(self) -> float:
        """The duration of the request."""
        return self.ended - self.started


class Function:
    """An active function. A wrong response is a ``TestbedError``, as any failure is."""

    def __init__(self, client: LambdaClient, name: str, kind: Kind) -> None:
        self._client = client
        self._name = name
        self._kind = kind
        self._words = count()

    def invoke(self, *, seconds: float = 0, logs: bool = True, tail: bool = False) -> Answer:
        """Invoke it.

        Parameters
        ----------
        seconds
            How long the function sleeps.
        logs
            Whether the function logs a line, as most functions do.
        tail
            Whether to request the end of the log.

        Raises
        ------
        TestbedError
            If there is no response, or a wrong one.
        """
        word = f"{self._name}-{next(self._words)}"
        payload = json.dumps({"word": word, "seconds": seconds, "logs": logs})
        try:
            started = time.perf_counter()
            response = self._client.invoke(
                FunctionName=self._name, Payload=payload, LogType="Tail" if tail else "None"
            )
            content = response["Payload"].read()
            ended = time.perf_counter()
        except (BotoCoreError, ClientError) as error:
            raise TestbedError(f"Invocation failed: {error}") from error
        if "FunctionError" in response:
            raise TestbedError(f"The function failed: {content.decode(errors='replace')}")
        return Answer(
            environment=checked(content, word, self._kind),
            started=started,
            ended=ended,
            init_duration=init_duration(response.get("LogResult", "")),
        )

    def invoke_at_once(self, number: int, seconds: float) -> list[Answer | TestbedError]:
        """Invoke it from *number* threads at once; return the result of each."""
        together = Barrier(number)

        def one(_: int) -> Answer | TestbedError:
            together.wait()
            try:
                return self.invoke(seconds=seconds)
            except TestbedError as error:
                return error

        with ThreadPoolExecutor(number) as threads:
            return list(threads.map(one, range(number)))


def checked(content: bytes, word: str, kind: Kind) -> str:
    """Return the environment in a response; raise an error unless the rest is as expected."""
    try:
        answer: dict[str, Any] = json.loads(content)
        environment = answer.pop("environment")
    except (ValueError, AttributeError, TypeError, KeyError):
        answer, environment = {}, None
    if not isinstance(environment, str) or answer != {"word": word, "has": kind.has}:
        raise TestbedError(f"Wrong response: {content.decode(errors='replace')}")
    return environment


def init_duration(log_result: str) -> float | None:
    """Return the Init Duration of the REPORT line in a response's ``LogResult``, in seconds.

    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    """
    found = _INIT_DURATION.search(base64.b64decode(log_result).decode(errors="replace"))
    return float(found[1]) / 1000 if found else None


class Functions:
    """Client of one emulator's Lambda API, which keeps connections and never retries.

    Parameters
    ----------
    connections
        The largest number of concurrent requests.
    """

    def __init__(self, endpoint_url: str, connections: int) -> None:
        session = boto3.Session(
            region_name=_REGION,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
        )
        config = Config(
            proxies={},  # no proxy on the way to 127.0.0.1
            retries={"total_max_attempts": 1},
            read_timeout=_REQUEST_LIMIT_SECONDS,
            max_pool_connections=connections,
        )
        self._client: LambdaClient = session.client(
            "lambda", endpoint_url=endpoint_url, config=config
        )
        self._iam: IAMClient = session.client("iam", endpoint_url=endpoint_url, config=config)
        self._numbers = count(1)

    @contextmanager
    def made(self, kind: Kind) -> Iterator[Function]:
        """Create a function, wait until it is active, and delete it after the block.

        Raises
        ------
        TestbedError
            If that fails.
        """
        name = f"benchmark-{kind}-{next(self._numbers)}"
        try:
            self._client.create_function(
                FunctionName=name,
                Role=ensure_role(self._iam, _ROLE, "lambda", LOGGING),
                Runtime="python3.13",
                Handler="app.handler",
                Timeout=_TIMEOUT_SECONDS,
                MemorySize=256,
                Code={"ZipFile": kind.bundle()},
            )
        except (BotoCoreError, ClientError) as error:
            raise TestbedError(f"The function could not be created: {error}") from error
        try:
            self._await_active(name)
            yield Function(self._client, name, kind)
        except TestbedError:  # only this: what stops the run stops the emulator, too
            with suppress(TestbedError):
                self._delete(name)
            raise
        self._delete(name)

    def _await_active(self, name: str) -> None:
        def active() -> bool:
            try:
                found = self._client.get_function_configuration(FunctionName=name)
            except (BotoCoreError, ClientError) as error:
                raise TestbedError(f"The new function does not exist: {error}") from error
            if found["State"] == "Failed":
                raise TestbedError(f"The new function failed: {found.get('StateReason')}")
            return found["State"] == "Active"

        try:
            until(active, within=_ACTIVE_LIMIT_SECONDS, what="active function")
        except WaitedTooLong as error:
            raise TestbedError(str(error)) from error

    def _delete(self, name: str) -> None:
        try:
            self._client.delete_function(FunctionName=name)
        except (BotoCoreError, ClientError) as error:
            raise TestbedError(f"The function could not be deleted: {error}") from error
