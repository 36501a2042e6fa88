"""The websites of a running testbed, which a process of their own serves.

The first website starts the process (:mod:`testbed.websites.hosting`). It serves them until
LocalStack stops, and each command finds it by its record in the state folder.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.control.control_secret import HEADER
from testbed.emulators import state_folder
from testbed.errors import StartError, TestbedError
from testbed.machine.host_address import LOOPBACK
from testbed.websites import record as records
from testbed.websites.hosting import unknown
from testbed.websites.page import Behavior

if TYPE_CHECKING:
    from testbed.emulators.container import Container
    from testbed.emulators.instance import Instance
    from testbed.websites.page import Page

_MODULE = "testbed.websites.hosting"
_START_LIMIT_SECONDS = 15.0
_ANSWER_LIMIT_SECONDS = 10.0
_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NAME_LENGTH = 63


@dataclass(frozen=True)
class HostedWebsite:
    """A website of a running testbed.

    Parameters
    ----------
    url
        Its URL for functions.
    local_url
        Its URL for programs on this machine, such as a browser.
    requests
        The number of requests so far, without connections that were refused.
    """

    name: str
    url: str
    local_url: str
    behavior: Behavior
    requests: int


class Websites:
    """The websites of a running testbed.

    Parameters
    ----------
    state
        The testbed's state folder.
    running
        Its LocalStack, with which the websites stop.
    """

    def __init__(self, state: Path, running: Instance | Container) -> None:
        self._state = state
        self._localstack = records.described(running)

    def all(self) -> list[HostedWebsite]:
        """Return all websites, in the order in which they were added."""
        record = self._record()
        return [] if record is None else _send(record, "list")

    def add(self, page: Page, port: int | None = None) -> HostedWebsite:
        """Serve a page as a website of the page's name.

        Parameters
        ----------
        port
            The port to listen on; by default a free one.

        Raises
        ------
        TestbedError
            If the name is invalid or in use, or the port cannot be used.
        StartError
            If the process that hosts websites does not start within 15 seconds.
        """
        check_name(page.name)
        with self._lock():
            record = self._record() or self._start()
        arguments = {
            "name": page.name,
            "content_type": page.content_type,
            "body": base64.b64encode(page.body).decode(),
            "port": port,
        }
        return _send(record, "add", arguments)[0]

    def remove(self, name: str) -> HostedWebsite:
        """Stop serving a website, and return it as it was.

        Raises
        ------
        TestbedError
            If there is no website of this name; so do the methods below.
        """
        return self._change("remove", name)

    def down(self, name: str) -> HostedWebsite:
        """Refuse connections to a website."""
        return self._change("down", name)

    def slow(self, name: str, seconds: float) -> HostedWebsite:
        """Delay every answer of a website by a number of seconds."""
        return self._change("slow", name, seconds=seconds)

    def answers(self, name: str, status: int) -> HostedWebsite:
        """Let a website answer with a status, from 200 to 599, instead of its page."""
        return self._change("answers", name, status=status)

    def recovers(self, name: str) -> HostedWebsite:
        """Let a website answer with its page again, without a delay."""
        return self._change("recovers", name)

    def _change(self, command: str, name: str, **arguments: Any) -> HostedWebsite:
        record = self._record()
        if record is None:
            raise unknown(name, ())
        return _send(record, command, {"name": name, **arguments})[0]

    def _record(self) -> records.Record | None:
        """Return the process that hosts the websites, or None if none does."""
        record = records.load(self._state)
        if record is None or record.localstack != self._localstack:
            return None
        try:
            _send(record, "list")
        except _NoAnswerError:
            return None
        return record

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Let another command that would start the process wait."""
        import fcntl

        state_folder.make(self._state)  # `docker compose up` makes none
        folder = os.open(self._state, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _start(self) -> records.Record:
        log = self._state / "websites.log"
        with state_folder.open_private(log) as errors:
            process = subprocess.Popen(
                [
                    # Without -P a file in the current folder could shadow a module.
                    *(sys.executable, "-P", "-m", _MODULE),
                    *(str(self._state), json.dumps(self._localstack)),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,  # Ctrl-C is for the command
            )
        try:
            line = _first_line(process)
        except BaseException:  # such as Ctrl-C
            _kill(process)
            raise
        record = records.load(self._state)
        if not line or record is None:
            _kill(process)
            raise StartError(
                "The process that hosts websites did not start.",
                advice=f"See its log: {log}",
                details=log.read_text(encoding="utf-8", errors="replace").strip(),
            )
        process.wait()  # it has started another process, which serves
        return record


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """Return the first line of a process's output; empty if there is none in time."""
    assert process.stdout is not None
    with process.stdout as output:
        readable, _, _ = select.select([output], [], [], _START_LIMIT_SECONDS)
        return output.readline() if readable else b""


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and the one that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _NoAnswerError(TestbedError):
    """The process that hosts websites does not answer."""


def check_name(name: str) -> None:
    """Check the name of a website.

    Raises
    ------
    TestbedError
        If it is not made of lower-case letters, digits and single hyphens, or is too long.
    """
    if not _NAME.fullmatch(name) or len(name) > _NAME_LENGTH:
        raise TestbedError(
            f"{name!r} cannot be the name of a website.",
            advice=f"Use at most {_NAME_LENGTH} lower-case letters, digits and hyphens between"
            " them, such as: shop",
        )


def _send(
    record: records.Record, command: str, arguments: dict[str, Any] | None = None
) -> list[HostedWebsite]:
    connection = http.client.HTTPConnection(
        LOOPBACK.listen, record.port, timeout=_ANSWER_LIMIT_SECONDS
    )
    try:
        connection.request(
            "POST", f"/{command}", json.dumps(arguments or {}), {HEADER: record.secret}
        )
        response = connection.getresponse()
        answer = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise _NoAnswerError(
            f"The process that hosts websites does not answer: {error}.",
            advice="Add the websites again: testbed website add NAME",
        ) from error
    finally:
        connection.close()
    if response.status == HTTPStatus.FORBIDDEN:  # another program now has the port
        raise _NoAnswerError("The process that hosts websites has stopped.")
    if response.status != HTTPStatus.OK:
        raise TestbedError(answer["message"], advice=answer["advice"])
    return [_website(**each) for each in answer["websites"]]


def _website(*, down: bool, slow: float, answers: int | None, **fields: Any) -> HostedWebsite:
    return HostedWebsite(behavior=Behavior(down, slow, answers), **fields)
