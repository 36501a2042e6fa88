"""LocalStack without a network: it calls no other machine, and names what is missing.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from testbed.emulators.environments import ensure_environments
from tests.extension.conftest import Clients, running_localstack
from tests.extension.lambda_functions import FunctionFactory

# A download that is tried without a network takes more than a minute.
AT_ONCE = 10.0

# Writes each name that LocalStack looks up, and each address that it connects to, to a file.
# https://docs.python.org/3/library/audit_events.html
WATCH = """
import sys

def watch(event, arguments):
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = arguments[0]
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    with open(FILE, "a") as file:
        file.write(f"{host}\\n")

sys.addaudithook(watch)
"""
LOOPBACK = {"127.0.0.1", "localhost", "::1", "0.0.0.0", "::", "", "None"}  # noqa: S104

FIRST_CALLS = {
    "acm": "list_certificates",
    "apigateway": "get_rest_apis",
    "cloudformation": "list_stacks",
    "cloudwatch": "list_metrics",
    "config": "describe_config_rules",
    "dynamodb": "list_tables",
    "ec2": "describe_vpcs",
    "ecr": "describe_repositories",  # LocalStack does not have it
    "events": "list_rules",
    "iam": "list_users",
    "kinesis": "list_streams",
    "kms": "list_keys",
    "lambda": "list_functions",
    "logs": "describe_log_groups",
    "route53": "list_hosted_zones",
    "s3": "list_buckets",
    "scheduler": "list_schedules",
    "secretsmanager": "list_secrets",
    "ses": "list_identities",
    "sns": "list_topics",
    "sqs": "list_queues",
    "ssm": "describe_parameters",
    "stepfunctions": "list_state_machines",
    "sts": "get_caller_identity",
}


def test_localstack_calls_no_other_machine(tmp_path: Path) -> None:
    contacts, program = tmp_path / "contacts", tmp_path / "program"
    watch = tmp_path / "watch"
    watch.mkdir()
    (watch / "sitecustomize.py").write_text(WATCH.replace("FILE", repr(str(contacts))))
    profile = tmp_path / "localstack" / ".aws"
    profile.mkdir(parents=True)
    (profile / "config").write_text(f"[default]\ncredential_process = touch {program}\n")
    path = os.pathsep.join([str(ensure_environments(print).extension), str(watch)])

    with running_localstack(tmp_path / "localstack", PYTHONPATH=path) as localstack:
        clients = Clients(localstack.endpoint)
        for service, operation in FIRST_CALLS.items():
            try:
                getattr(clients[service], operation)()
            except ClientError as error:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 501  # noqa: PT017
        # The first of these makes clients without credentials.
        clients["apigateway"].create_rest_api(name="api")
        functions = FunctionFactory(clients["lambda"], clients["logs"])
        source = "import boto3\n\ndef handler(event, context): boto3.client('s3').list_buckets()"
        assert functions(source).invoke().error is None

    contacted = set(contacts.read_text().splitlines())
    assert "127.0.0.1" in contacted
    assert contacted - LOOPBACK == set()
    assert not program.exists()


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "missing"),
    [
        ("kinesis", "list_streams", {}, "kinesis-local"),
        ("dynamodb", "list_tables", {}, "bson"),
        ("dynamodbstreams", "list_streams", {}, "bson"),
        ("firehose", "list_delivery_streams", {}, "amazon_kclpy"),
        ("stepfunctions", "list_state_machines", {}, "jpype"),
        ("resourcegroupstaggingapi", "get_resources", {}, "pyparsing"),
        ("opensearch", "create_domain", {"DomainName": "domain"}, "opensearch"),
        ("es", "create_elasticsearch_domain", {"DomainName": "domain"}, "elasticsearch"),
    ],
)
def test_service_that_is_not_installed(
    aws: Clients, service: str, operation: str, arguments: dict[str, Any], missing: str
) -> None:
    started = time.monotonic()

    with pytest.raises(ClientError) as raised:
        getattr(aws[service], operation)(**arguments)

    assert time.monotonic() - started < AT_ONCE
    message = raised.value.response["Error"]["Message"]
    assert "is not available on this LocalStack" in message
    assert missing in message


def test_resource_of_a_service_that_is_not_installed(aws: Clients, name: str) -> None:
    stream = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
    template = json.dumps({"Resources": {"Stream": stream}})
    with pytest.raises(ClientError, match=r"Stream \(AWS::Kinesis::Stream\)"):
        aws["cloudformation"].create_stack(StackName=name, TemplateBody=template)
