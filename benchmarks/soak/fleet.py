"""The functions under load, their queues and their bucket."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from benchmarks.roles import LOGGING, delete_role, ensure_role
from benchmarks.soak.clients import Clients
from testbed.machine.waiting import until

PREFIX = "soak-"
LAYER_VALUE = "from the layer"

_ROLE = "soak"
# What the functions call, and Lambda with their role: it reads the queue of the event source
# mapping and writes to the dead-letter queue.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
_ACTIONS = (
    *LOGGING,
    "s3:DeleteObject",
    "s3:GetObject",
    "s3:PutObject",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)
_BUCKET = "soak-objects"
_BEHAVIOUR = (Path(__file__).parent / "functions" / "behaviour.py").read_text(encoding="utf-8")
_LAYER = {"python/soak_layer.py": f"NAME = {LAYER_VALUE!r}\n"}
_BROKEN = "import module_that_is_missing\n"
_VERSION = "def handler(event, context):\n    return {version}\n"

_LIMIT_SECONDS = 60.0
# Short delays, so that waiters return soon.
_WAITER: Any = {"Delay": 0.05, "MaxAttempts": 1200}  # its type requires whole seconds


class Fleet:
    """Creates, updates and deletes functions.

    Attributes
    ----------
    events_url, results_url, failures_url
        Queues: the event source, the functions' results, and the dead letters of asynchronous
        invocations.
    """

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self.events_url = self._queue("events")
        self.results_url = self._queue("results")
        self.failures_url = self._queue("failures")
        clients.s3.create_bucket(Bucket=_BUCKET)
        self._role_arn = ensure_role(clients.iam, _ROLE, "lambda", _ACTIONS)

    def _queue(self, name: str) -> str:
        return self._clients.sqs.create_queue(QueueName=PREFIX + name)["QueueUrl"]

    def deploy(self) -> None:
        """Create the functions and the event source mapping."""
        lambda_ = self._clients.lambda_
        layer = lambda_.publish_layer_version(
            LayerName=f"{PREFIX}layer", Content={"ZipFile": bundle(_LAYER)}
        )
        behaviour = bundle({"behaviour.py": _BEHAVIOUR})
        for name, arguments in self._configurations(layer["LayerVersionArn"]).items():
            self.create(name, behaviour, **arguments)
        self.create("broken", bundle({"behaviour.py": _BROKEN}))
        self.create("versioned", version_bundle(0))
        lambda_.put_function_event_invoke_config(
            FunctionName=f"{PREFIX}asynchronous", MaximumRetryAttempts=1
        )
        mapping = lambda_.create_event_source_mapping(
            FunctionName=f"{PREFIX}queued",
            EventSourceArn=self._arn(self.events_url),
            BatchSize=5,
        )["UUID"]
        until(
            lambda: lambda_.get_event_source_mapping(UUID=mapping)["State"] == "Enabled",
            within=_LIMIT_SECONDS,
            what="event source mapping",
        )

    def delete_all(self) -> None:
        """Delete functions, role, mappings, layers and logs, and empty the queues.

        What remains in memory then is not stored data.
        """
        lambda_ = self._clients.lambda_
        for mapping in self._mappings():
            lambda_.delete_event_source_mapping(UUID=mapping)
        until(
            lambda: not self._mappings(),
            within=_LIMIT_SECONDS,
            what="deletion of the event source mapping",
        )
        for page in lambda_.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                lambda_.delete_function(FunctionName=function["FunctionName"])
        delete_role(self._clients.iam, _ROLE)
        for layer in lambda_.list_layers()["Layers"]:
            lambda_.delete_layer_version(
                LayerName=layer["LayerName"],
                VersionNumber=layer["LatestMatchingVersion"]["Version"],
            )
        for url in (self.events_url, self.results_url, self.failures_url):
            self._clients.sqs.purge_queue(QueueUrl=url)
        for groups in self._clients.logs.get_paginator("describe_log_groups").paginate():
            for group in groups["logGroups"]:
                self._clients.logs.delete_log_group(logGroupName=group["logGroupName"])

    def create(self, name: str, code: bytes, **arguments: Any) -> None:
        """Create a function and wait until it is active."""
        request: dict[str, Any] = {
            "FunctionName": PREFIX + name,
            "Role": self._role_arn,
            "Runtime": "python3.13",
            "Handler": "behaviour.handler",
            "Timeout": 10,
            "MemorySize": 512,
            "Code": {"ZipFile": code},
        }
        self._clients.lambda_.create_function(**{**request, **arguments})
        self._clients.lambda_.get_waiter("function_active_v2").wait(
            FunctionName=PREFIX + name, WaiterConfig=_WAITER
        )

    def update(self, name: str, code: bytes) -> None:
        """Update a function's code, and wait until that is done."""
        self._clients.lambda_.update_function_code(FunctionName=PREFIX + name, ZipFile=code)
        self._clients.lambda_.get_waiter("function_updated_v2").wait(
            FunctionName=PREFIX + name, WaiterConfig=_WAITER
        )

    def delete(self, name: str) -> None:
        """Delete a function."""
        self._clients.lambda_.delete_function(FunctionName=PREFIX + name)

    def _configurations(self, layer: str) -> dict[str, dict[str, Any]]:
        """Return the settings of each function with the module ``behaviour``."""
        return {
            "plain": {
                "Layers": [layer],
                "Environment": {"Variables": {"BUCKET": _BUCKET}},
            },
            "failing": {},
            "slow": {"Timeout": 1},
            "small": {"MemorySize": 192},
            "asynchronous": {"DeadLetterConfig": {"TargetArn": self._arn(self.failures_url)}},
            "queued": {
                "Handler": "behaviour.forward",
                "Environment": {"Variables": {"RESULTS_URL": self.results_url}},
            },
        }

    def _mappings(self) -> list[str]:
        listed = self._clients.lambda_.list_event_source_mappings()["EventSourceMappings"]
        return [mapping["UUID"] for mapping in listed]

    def _arn(self, queue_url: str) -> str:
        attributes = self._clients.sqs.get_queue_attributes(
            QueueUrl=queue_url, AttributeNames=["QueueArn"]
        )["Attributes"]
        return attributes["QueueArn"]


def bundle(files: dict[str, str]) -> bytes:
    """Return a ZIP archive of files, given by their path and text.

    The times in it make it different in each phase, so that the cache has no copy.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return content.getvalue()


def version_bundle(version: int) -> bytes:
    """Return a bundle whose function returns a number."""
    return bundle({"behaviour.py": _VERSION.format(version=version)})
