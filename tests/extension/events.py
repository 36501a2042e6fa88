"""Asynchronous invocations of functions."""

import json
from typing import Any

from tests.extension.conftest import Clients
from tests.extension.lambda_functions import Function

FAIL = """
    def handler(event, context):
        print("trying", event)
        raise ValueError("too high")
"""
ECHO = """
    def handler(event, context):
        print("got", event)
        return {"echo": event}
"""


class Events:
    """Sends events to a function, and configures their processing."""

    def __init__(self, aws: Clients, function: Function) -> None:
        self._lambda = aws["lambda"]
        self.function = function

    def configure(self, **settings: Any) -> None:
        self._lambda.put_function_event_invoke_config(FunctionName=self.function.name, **settings)

    def send(self, event: Any, **arguments: Any) -> str:
        """Return the request id."""
        response = self._lambda.invoke(
            FunctionName=self.function.name,
            InvocationType="Event",
            Payload=json.dumps(event),
            **arguments,
        )
        assert response["StatusCode"] == 202
        request_id: str = response["ResponseMetadata"]["RequestId"]
        return request_id


def on_failure(arn: str) -> dict[str, Any]:
    return {"OnFailure": {"Destination": arn}}
