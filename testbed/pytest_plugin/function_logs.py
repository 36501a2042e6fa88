"""The log lines of functions, for tests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from testbed.aws.logs import LogLine, chosen_sources, log_lines, log_sources, with_request_ids

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


class Logs:
    """The fixture ``logs``: what functions have logged since the test began.

    Examples
    --------
    ::

        from testbed import Aws, Eventually, Logs, Stack


        def test_log(stack: Stack, aws: Aws, logs: Logs, eventually: Eventually) -> None:
            worker = stack.resource("Worker")
            aws.lambda_.invoke(FunctionName=worker, Payload=b'{"article": "tea"}')
            [line] = eventually(lambda: logs.lines("Worker", containing="packed"))
            assert line.message == "packed tea"
            assert f"START RequestId: {line.request_id}" in logs.text(worker)
    """

    def __init__(self, aws: Aws, stacks: list[str], since: datetime) -> None:
        self._aws = aws
        self._stacks = stacks
        self._since = since

    def lines(self, *functions: str, containing: str = "") -> list[LogLine]:
        """Return the log lines of functions since the test began, sorted by time.

        Lambda's START, END and REPORT lines are included.

        Parameters
        ----------
        functions
            Names of functions, their logical ids in the project's template, or ARNs; by default all
            functions.
        containing
            A text that the lines contain.

        Raises
        ------
        TestbedError
            If there is no such function.
        """
        known = log_sources(self._aws)
        sources = chosen_sources(self._aws, functions, known, self._stacks)
        lines = with_request_ids(log_lines(self._aws, sources, self._since))
        return [line for line in lines if containing in line.message]

    def text(self, *functions: str) -> str:
        """Return the messages of :meth:`lines` as one text."""
        return "\n".join(line.message for line in self.lines(*functions))
