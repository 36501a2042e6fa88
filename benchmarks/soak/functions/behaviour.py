"""The functions of the soak test; the event selects what they do."""

import importlib
import os
import signal
import subprocess
import sys
import time
from typing import Any

import boto3


def handler(event: dict[str, Any], context: object) -> Any:
    """Do what the event selects."""
    value = event.get("value")
    match event["do"]:
        case "echo":
            return value
        case "store":
            return _store_and_read(str(value))
        case "read layer":
            return importlib.import_module("soak_layer").NAME
        case "print":
            for _ in range(int(value or 0)):
                print("x" * 1023)
        case "raise":
            raise ValueError(value)
        case "exit":
            sys.exit(3)
        case "signal":
            os.kill(os.getpid(), signal.Signals[str(value)])
            time.sleep(60)  # until the signal arrives
        case "sleep":
            time.sleep(60)
        case "fill memory":
            kept = []
            while True:
                kept.append(bytearray(8_000_000))
        case "leave child":
            return subprocess.Popen(["sleep", "600"], start_new_session=bool(value)).pid
    return None


def forward(event: dict[str, Any], context: object) -> None:
    """Forward messages from a queue."""
    client = boto3.client("sqs")
    for record in event["Records"]:
        client.send_message(QueueUrl=os.environ["RESULTS_URL"], MessageBody=record["body"])


def _store_and_read(text: str) -> str:
    client = boto3.client("s3")
    bucket = os.environ["BUCKET"]
    client.put_object(Bucket=bucket, Key=text, Body=text.encode())
    read = client.get_object(Bucket=bucket, Key=text)["Body"].read().decode()
    client.delete_object(Bucket=bucket, Key=text)
    return read
