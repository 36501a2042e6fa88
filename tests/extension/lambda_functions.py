"""Small Lambda functions for tests, created from source text."""

import base64
import io
import json
import textwrap
import uuid
import zipfile
from dataclasses import dataclass
from typing import Any

from testbed.machine import waiting

ROLE = "arn:aws:iam::000000000000:role/lambda"
LOG_LIMIT = 10.0


def bundle(files: dict[str, str]) -> bytes:
    """Return a ZIP archive of files, given as path and text."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, textwrap.dedent(text))
    return content.getvalue()


@dataclass(frozen=True)
class Invocation:
    """The response of Invoke; ``tail`` is its decoded LogResult."""

    request_id: str
    payload: Any
    error: str | None
    tail: str


class Function:
    def __init__(self, lambda_client: Any, logs_client: Any, name: str) -> None:
        self._lambda = lambda_client
        self._logs = logs_client
        self.name = name
        self.arn = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"

    def invoke(self, event: Any = None, **arguments: Any) -> Invocation:
        response = self._lambda.invoke(
            FunctionName=self.name, Payload=json.dumps(event), LogType="Tail", **arguments
        )
        content = response["Payload"].read()
        return Invocation(
            request_id=response["ResponseMetadata"]["RequestId"],
            payload=json.loads(content) if content else None,
            error=response.get("FunctionError"),
            tail=base64.b64decode(response["LogResult"]).decode(),
        )

    def publish(self) -> str:
        """Publish a version, wait until it is active, and return its number."""
        number: str = self._lambda.publish_version(FunctionName=self.name)["Version"]
        waiter = self._lambda.get_waiter("function_active_v2")
        delay = {"Delay": 0.05, "MaxAttempts": 200}
        waiter.wait(FunctionName=self.name, Qualifier=number, WaiterConfig=delay)
        return number

    def wait_until_updated(self) -> None:
        waiter = self._lambda.get_waiter("function_updated_v2")
        waiter.wait(FunctionName=self.name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})

    def log_streams(self) -> list[str]:
        pages = self._logs.get_paginator("describe_log_streams").paginate(
            logGroupName=f"/aws/lambda/{self.name}"
        )
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    def log(self, until: str, stream: str | None = None, times: int = 1) -> str:
        """Return the log of one or all streams, once it contains ``until`` ``times`` times."""

        def text() -> str | None:
            try:
                streams = [stream] if stream else self.log_streams()
                events: list[dict[str, Any]] = []
                for each in streams:
                    arguments = {
                        "logGroupName": f"/aws/lambda/{self.name}",
                        "logStreamName": each,
                        "startFromHead": True,
                    }
                    events += self._all_events(arguments)
            except self._logs.exceptions.ResourceNotFoundException:
                return None
            log = "".join(event["message"] for event in events)
            return log if log.count(until) >= times else None

        found = waiting.until(text, within=LOG_LIMIT, what=f"log of {self.name} with: {until}")
        assert found is not None
        return found

    def _all_events(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        token: str | None = None
        while True:
            page = self._logs.get_log_events(**arguments, **({"nextToken": token} if token else {}))
            if not page["events"]:
                return events
            events += page["events"]
            token = page["nextForwardToken"]


class FunctionFactory:
    def __init__(self, lambda_client: Any, logs_client: Any) -> None:
        self._lambda = lambda_client
        self._logs = logs_client
        self._names: list[str] = []

    def __call__(
        self,
        source: str,
        *,
        files: dict[str, str] | None = None,
        handler: str = "app.handler",
        runtime: str = "python3.13",
        timeout: int = 10,
        **arguments: Any,
    ) -> Function:
        """Create a function from the source of its module ``app``; wait until it is active."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        self._names.append(name)
        self._lambda.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime=runtime,
            Handler=handler,
            Timeout=timeout,
            Code={"ZipFile": bundle({"app.py": source} | (files or {}))},
            **arguments,
        )
        waiter = self._lambda.get_waiter("function_active_v2")
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
        return Function(self._lambda, self._logs, name)

    def update(self, function: Function, source: str) -> None:
        self._lambda.update_function_code(
            FunctionName=function.name, ZipFile=bundle({"app.py": source})
        )

    def delete(self, function: Function) -> None:
        self._names.remove(function.name)
        self._lambda.delete_function(FunctionName=function.name)

    def delete_all(self) -> None:
        for name in self._names:
            self._lambda.delete_function(FunctionName=name)
