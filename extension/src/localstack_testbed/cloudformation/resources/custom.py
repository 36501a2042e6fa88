"""Custom resources, which a Lambda function or a subscriber of an SNS topic creates.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-custom-resources.html
"""

import json
import threading
import uuid
from collections.abc import Iterator
from typing import Any

from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import ClientError, ReadTimeoutError  # type: ignore[import-untyped]

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

# LocalStack keeps a client for each configuration.
_PATIENT = Config(read_timeout=1000, retries={"max_attempts": 0})

_LONGEST_ID = 1024
"""Bytes of a physical id."""


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

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return self._data.pop(context.token, {})

    def _request(
        self, context: Context, kind: str, properties: Properties, **rest: Any
    ) -> dict[str, Any]:
        inbox = open_inbox()
        request = _Request(context, kind, properties, rest, inbox)
        created = False
        try:
            answer = request.answer()
            created = _is_id(answer.get("PhysicalResourceId"))
            if kind == "Create" and created:
                context.created(answer["PhysicalResourceId"])
        finally:
            close_inbox(inbox)
            if kind == "Create" and request.sent and not created:
                # Whatever it has created, the provider is asked to delete it again.
                context.created(context.generated_name(128))
        _check_answer(answer, request)
        data = answer.get("Data") or {}
        if answer.get("NoEcho") in (True, "true"):
            for text in _texts(data):
                context.hide(text)
        if kind != "Delete":
            self._data[context.token] = data
        return answer


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts in a value."""
    if isinstance(value, str) and value:
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.encode(errors="replace")) <= _LONGEST_ID


def _check_answer(answer: dict[str, Any], request: "_Request") -> None:
    """Check that an answer is valid, and reports success.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
    """
    status = answer.get("Status")
    if status not in ("SUCCESS", "FAILED"):
        raise ResourceError(f"Invalid Response object: '{status}' is not a valid ResponseStatus")
    if status == "FAILED":
        raise ResourceError(
            "Received response status [FAILED] from custom resource. Message returned: "
            f"{answer.get('Reason', '')} (RequestId: {request.id})"
        )
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != request.event[name]:
            raise ResourceError(
                f"Invalid Response object: {name} must be that of the request (RequestId: "
                f"{request.id})"
            )
    if not _is_id(answer.get("PhysicalResourceId")):
        raise ResourceError("Invalid PhysicalResourceId")
    if not isinstance(answer.get("Data") or {}, dict):
        raise ResourceError("Invalid Response object: Data is not a JSON object")


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
        self._seconds = _timeout(properties)
        self._failure: str | None = None
        self.id = str(uuid.uuid4())
        self.sent = False
        """Whether the provider may have received the request."""

        self.event = {
            "RequestType": kind,
            "ServiceToken": self._token,
            "ResponseURL": inbox.url,
            "StackId": context.stack_id,
            "RequestId": self.id,
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
                Message=json.dumps(self.event),
            )
            self.sent = True
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
                f"check your logs for requestId [{self.id}]."
            ) from None
        answers = self._inbox.answers()
        if answers:
            if self.event["RequestType"] == "Delete" and run.ident:
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
            client = _patient_lambda(self._context)
            for _ in range(_ATTEMPTS):
                self.sent = True
                result = client.invoke(FunctionName=self._token, Payload=json.dumps(self.event))
                payload = result["Payload"].read().decode(errors="replace")
                if "FunctionError" not in result or self._inbox.answers():
                    return
                error = f"The function {self._token} failed without a response: {payload}"
        except ReadTimeoutError:
            return  # The function still runs; the service timeout says how long to wait.
        except Exception as failure:
            self.sent = not isinstance(failure, ClientError)
            error = f"The function {self._token} cannot be invoked: {failure}"
        self._failure = error


def _timeout(properties: Properties) -> int:
    given = str(properties.get("ServiceTimeout", _TIMEOUT))
    if not given.isascii() or not given.isdigit() or not 1 <= int(given) <= _TIMEOUT:
        raise ResourceError(f"ServiceTimeout must be between 1 and {_TIMEOUT} seconds: {given}")
    return int(given)


def _patient_lambda(context: Context) -> Any:
    """Return a client that waits as long as a function may run, and invokes it only once."""
    from localstack.aws.connect import connect_to

    clients = connect_to(
        aws_access_key_id=context.account, region_name=context.region, config=_PATIENT
    )
    return getattr(clients, "lambda")
