"""Custom resources: a function, or whoever listens to a topic, creates what AWS has no type for.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

import json
import threading
import uuid
from typing import Any

from localstack_testbed.cloudformation.resources.model import (
    CancelledError,
    Context,
    Properties,
    ResourceError,
    ResourceType,
)
from localstack_testbed.cloudformation.responses import Inbox, close_inbox, open_inbox

_RETURN_SECONDS = 1.0
_ATTEMPTS = 3
"""How often Lambda tries an asynchronous invocation that fails."""

_TIMEOUT = 3600
"""Seconds to wait for an answer, unless ServiceTimeout says otherwise."""


class CustomResource(ResourceType):
    """AWS::CloudFormation::CustomResource and all Custom:: types."""

    def __init__(self) -> None:
        self._data: dict[str, dict[str, Any]] = {}

    def create(self, context: Context, properties: Properties) -> str:
        answer = self._request(context, "Create", properties)
        return str(answer["PhysicalResourceId"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        if old.get("ServiceToken") != new.get("ServiceToken"):
            raise ResourceError("Modifying service token is not allowed.")
        answer = self._request(
            context, "Update", new, PhysicalResourceId=physical_id, OldResourceProperties=old
        )
        return str(answer["PhysicalResourceId"])

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        self._request(context, "Delete", properties, PhysicalResourceId=physical_id)
        self._data.pop(context.token, None)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return self._data.pop(context.token, {})

    def _request(
        self, context: Context, kind: str, properties: Properties, **rest: Any
    ) -> dict[str, Any]:
        inbox = open_inbox()
        try:
            answer = _Request(context, kind, properties, rest, inbox).answer()
        finally:
            close_inbox(inbox)
        physical_id = answer.get("PhysicalResourceId") or rest.get("PhysicalResourceId")
        if physical_id and kind == "Create":
            context.created(str(physical_id))
        if answer.get("Status") != "SUCCESS":
            raise ResourceError(
                "Received response status [FAILED] from custom resource. Message returned: "
                f"{answer.get('Reason', '')} (RequestId: {context.token})"
            )
        if not physical_id:
            raise ResourceError("Invalid PhysicalResourceId")
        data = answer.get("Data") or {}
        if not isinstance(data, dict):
            raise ResourceError("Vendor response doesn't contain a valid Data object")
        self._data[context.token] = data
        return {**answer, "PhysicalResourceId": physical_id}


class _Request:
    def __init__(
        self,
        context: Context,
        kind: str,
        properties: Properties,
        rest: Properties,
        inbox: Inbox,
    ) -> None:
        self._context = context
        self._inbox = inbox
        self._token = str(properties.get("ServiceToken", ""))
        self._seconds = float(properties.get("ServiceTimeout", _TIMEOUT))
        self._failure: str | None = None
        self._event = {
            "RequestType": kind,
            "ServiceToken": self._token,
            "ResponseURL": inbox.url,
            "StackId": context.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": context.logical_id,
            "ResourceType": context.type_name,
            "ResourceProperties": properties,
            **rest,
        }

    def answer(self) -> dict[str, Any]:
        """Send the request and return the answer."""
        service = self._token.split(":")[2] if self._token.count(":") >= 5 else ""
        run = threading.Thread(target=self._invoke, name="custom-resource", daemon=True)
        if service == "lambda":
            run.start()
        elif service == "sns":
            self._context.client("sns").publish(
                TopicArn=self._token,
                Subject="AWS CloudFormation custom resource request",
                Message=json.dumps(self._event),
            )
        else:
            raise ResourceError(f"Invalid service token: {self._token}")
        done = lambda: bool(self._inbox.answers()) or self._failure is not None  # noqa: E731
        try:
            self._context.wait_until(done, "the custom resource's response", self._seconds)
        except CancelledError:
            raise
        except ResourceError:
            raise ResourceError(
                "CloudFormation did not receive a response from your custom resource. Please "
                f"check your logs for requestId [{self._event['RequestId']}]."
            ) from None
        answers = self._inbox.answers()
        if answers:
            if self._event["RequestType"] == "Delete" and run.ident:
                # The function is often deleted next. On AWS, that takes longer than its return.
                run.join(_RETURN_SECONDS)
            return answers[0]
        raise ResourceError(f"{self._failure}")

    def _invoke(self) -> None:
        """Invoke the function until it succeeds.

        AWS does so asynchronously, and waits for the timeout if the function always fails; here
        the failure is known at once.
        """
        error = ""
        try:
            for _ in range(_ATTEMPTS):
                result = self._context.client("lambda").invoke(
                    FunctionName=self._token, Payload=json.dumps(self._event)
                )
                payload = result["Payload"].read().decode(errors="replace")
                if "FunctionError" not in result or self._inbox.answers():
                    return
                error = f"The function {self._token} failed without a response: {payload}"
        except Exception as failure:
            error = f"The function {self._token} cannot be invoked: {failure}"
        self._failure = error
