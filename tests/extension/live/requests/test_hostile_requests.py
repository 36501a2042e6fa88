"""Every request is answered in time, without an internal error or a traceback."""

import http.client
import json
import os
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.extension.conftest import Clients, LocalStack, running_localstack
from tests.extension.live.requests.hostile_requests import Generator, HostileRequest

COUNT = int(os.environ.get("TESTBED_FUZZ_REQUESTS", "500"))
SEED = int(os.environ.get("TESTBED_FUZZ_SEED", "1"))
STALL_SECONDS = 15.0


@pytest.fixture
def target(tmp_path: Path) -> Iterator[LocalStack]:
    with running_localstack(
        tmp_path,
        ENFORCE_IAM="1",
        TESTBED_PRELOADED_SERVICES="sts,s3,cloudformation,iam,logs,sns,sqs,lambda,apigateway,events,ses",
    ) as running:
        yield running


def send(endpoint: str, request: HostileRequest) -> tuple[int, bytes]:
    """Send a request as it is, even an invalid one, and return the status and the body."""
    address = urlsplit(endpoint)
    assert address.hostname
    assert address.port
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=STALL_SECONDS)
    try:
        connection.putrequest(
            request.method, request.path, skip_host=True, skip_accept_encoding=True
        )
        headers = {"Host": address.netloc, "Content-Length": str(len(request.body))}
        for name, value in (headers | request.headers).items():
            connection.putheader(name, value.encode("latin-1", errors="replace"))
        connection.endheaders(request.body)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_nothing_is_an_internal_error(target: LocalStack) -> None:
    aws = Clients(target.endpoint)
    name = "hostile"
    aws["s3"].create_bucket(Bucket=name)
    queue = aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["events"].put_rule(Name=name, EventPattern='{"source": ["a"]}')
    names = dict.fromkeys(("name", "Bucket", "QueueName", "Rule", "FunctionName"), name)
    names |= {"QueueUrl": queue, "TopicArn": topic, "logGroupName": name, "Name": name}
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    role = aws["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=_policy(trust))
    aws["iam"].put_role_policy(RoleName=name, PolicyName="a", PolicyDocument=_policy(rights))
    session = aws["sts"].assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName=name)
    keys = ["test", session["Credentials"]["AccessKeyId"]]
    failed = []
    for request in Generator(SEED, names, keys).requests(COUNT):
        try:
            status, body = send(target.endpoint, request)
        except (ValueError, http.client.InvalidURL):  # it cannot be sent by this client
            continue
        except (ConnectionError, http.client.HTTPException, TimeoutError) as error:
            failed.append(f"{request}\n  → {error!r}")
            continue
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or b"Traceback" in body:
            failed.append(f"{request}\n  → {status} {body[:300]!r}")
    assert not failed, f"{len(failed)} of {COUNT}:\n" + "\n".join(failed)
