"""Calls that change or stop the emulator require its secret; all others do not."""

from __future__ import annotations

import json
import secrets
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.extension.conftest import Clients, LocalStack, running_localstack
from tests.extension.control import CONTROL_SECRET
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.live.access.http import ask as send

HEADER = "X-Testbed-Secret"


def ask(method: str, url: str, secret: str = "", body: bytes | None = None) -> tuple[int, bytes]:
    """Send a request, and return the status and the content of the answer."""
    headers = {"Content-Type": "application/json", **({HEADER: secret} if secret else {})}
    response = send(method, url, headers, data=body)
    return response.status_code, response.content


@pytest.fixture(scope="session")
def file(localstack: LocalStack) -> Path:
    return localstack.folder / "var" / "lib" / "localstack" / "control-secret"


@pytest.fixture
def with_developer_endpoints(aws: Clients) -> None:
    """Load the services that have their own developer endpoints."""
    for service, operation in (
        ("ses", "list_identities"), ("sqs", "list_queues"), ("sns", "list_topics"),
    ):  # fmt: skip
        getattr(aws[service], operation)()
    aws["ses"].verify_email_identity(EmailAddress="a@example.com")
    aws["ses"].send_email(
        Source="a@example.com",
        Destination={"ToAddresses": ["b@example.com"]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_localstack/health"),
        ("POST", "/_testbed/clock/advance"),
        ("POST", "/_testbed/schedules/fire"),
        ("PUT", "/_testbed/faults"),
        ("PUT", "/_testbed/faults/mine"),
        ("DELETE", "/_testbed/faults"),
        ("DELETE", "/_aws/ses"),
        ("DELETE", "/_aws/sns/sms-messages"),
        ("POST", "/_aws/sns/phone-opt-outs"),
        ("POST", "/_aws/sqs/messages"),
    ],
)
@pytest.mark.parametrize("given", ["", "wrong", CONTROL_SECRET[:-1]])
@pytest.mark.usefixtures("with_developer_endpoints")
def test_call_that_changes_something_requires_the_secret(
    localstack: LocalStack, file: Path, method: str, path: str, given: str
) -> None:
    body = b'{"action": "kill"}'
    status, content = ask(method, f"{localstack.endpoint}{path}", given, body)
    answer = json.loads(content)
    assert (status, answer["code"]) == (403, "ControlSecretRequired")
    assert HEADER in answer["message"]
    assert str(file) in answer["message"]
    assert ask("GET", f"{localstack.endpoint}/_localstack/health")[0] == 200


@pytest.mark.usefixtures("with_developer_endpoints")
def test_call_with_the_secret_is_carried_out(localstack: LocalStack) -> None:
    inbox = f"{localstack.endpoint}/_aws/ses"
    emails = json.loads(ask("GET", inbox)[1])["messages"]
    assert ask("DELETE", f"{inbox}?id={emails[-1]['Id']}", CONTROL_SECRET)[0] == 204
    advance = f"{localstack.endpoint}/_testbed/clock/advance"
    assert ask("POST", advance, CONTROL_SECRET, b'{"seconds": 0}')[0] == 200


@pytest.mark.parametrize(
    "path",
    ["/_localstack/health", "/_localstack/init", "/_testbed/clock", "/_testbed/faults",
     "/_testbed/journal", "/_aws/ses"],
)  # fmt: skip
@pytest.mark.usefixtures("with_developer_endpoints")
def test_reading_requires_no_secret(localstack: LocalStack, path: str) -> None:
    assert ask("GET", f"{localstack.endpoint}{path}")[0] == 200


def test_aws_apis_require_no_secret(aws: Clients, name: str) -> None:
    """Not even for keys that look like the emulator's own endpoints."""
    s3 = aws["s3"]
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="_testbed/clock/advance", Body=b"x")
    s3.delete_object(Bucket=name, Key="_testbed/clock/advance")
    s3.delete_bucket(Bucket=name)


def test_stages_of_apis_require_no_secret(aws: Clients, localstack: LocalStack, name: str) -> None:
    apis = aws["apigateway"]
    api = apis.create_rest_api(name=name)["id"]
    root = apis.get_resources(restApiId=api)["items"][0]["id"]
    which: dict[str, Any] = {"restApiId": api, "resourceId": root, "httpMethod": "POST"}
    apis.put_method(**which, authorizationType="NONE")
    apis.put_integration(
        **which, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    apis.put_method_response(**which, statusCode="200")
    apis.put_integration_response(**which, statusCode="200")
    apis.create_deployment(restApiId=api, stageName="v1")
    url = f"{localstack.endpoint}/_aws/execute-api/{api}/v1/"
    assert ask("POST", url, body=b"{}")[0] == 200
    apis.delete_rest_api(restApiId=api)


def test_functions_do_not_get_the_secret(functions: FunctionFactory) -> None:
    function = functions("import os\ndef handler(event, context):\n    return sorted(os.environ)\n")
    names = function.invoke().payload
    assert not [name for name in names if name.startswith("TESTBED")]


def test_each_start_makes_a_secret_that_only_its_owner_may_read(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    chosen.write_text("of an earlier start")
    chosen.chmod(0o644)
    settings = {"TESTBED_CONTROL_SECRET": "", "TESTBED_CONTROL_SECRET_FILE": str(chosen)}
    with running_localstack(tmp_path / "files", **settings) as running:
        secret = chosen.read_text().strip()
        assert len(secret) >= len(secrets.token_urlsafe(32))
        assert stat.S_IMODE(chosen.stat().st_mode) == 0o600
        assert str(chosen) in running.log
        assert secret not in running.log
        health = f"{running.endpoint}/_localstack/health"
        assert ask("POST", health, "wrong", b'{"action": "kill"}')[0] == 403
        faults = f"{running.endpoint}/_testbed/faults"
        assert ask("DELETE", faults, secret)[0] == 200


def test_switched_off_no_call_requires_the_secret(tmp_path: Path) -> None:
    with running_localstack(tmp_path, TESTBED_REQUIRE_CONTROL_SECRET="0") as running:
        assert ask("DELETE", f"{running.endpoint}/_testbed/faults")[0] == 200
