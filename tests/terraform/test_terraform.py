"""Terraform with the provider block of the documentation: apply, change, plan and destroy.

It needs Terraform and the folder with its provider for AWS, in the layout of a filesystem mirror:
``TESTBED_TERRAFORM_PLUGINS=FOLDER ./scripts/test tests/terraform``.
https://developer.hashicorp.com/terraform/cli/config/config-file#filesystem_mirror
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from testbed.aws.clients import Aws
from testbed.machine.waiting import until
from tests.conftest import CommandLine
from tests.docs.pages import blocks
from tests.workflows import clean_environment

HERE = Path(__file__).parent
PLUGINS = os.environ.get("TESTBED_TERRAFORM_PLUGINS", "")
LIMIT_SECONDS = 900.0
REQUIRED = 'terraform {\n  required_providers { aws = { source = "hashicorp/aws" } }\n}\n'
ENDPOINT = "http://127.0.0.1:4566"

pytestmark = [
    pytest.mark.timeout(LIMIT_SECONDS),
    pytest.mark.skipif(
        not (PLUGINS and shutil.which("terraform")),
        reason="needs Terraform, and TESTBED_TERRAFORM_PLUGINS with its provider for AWS",
    ),
]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    """An empty testbed, with the form of queue URLs that the provider accepts."""
    folder = tmp_path_factory.mktemp("terraform")
    made = CommandLine(folder / "state", folder)
    made.output("up", "--empty", "--env", "SQS_ENDPOINT_STRATEGY=off")
    yield made
    made.run("down")


@pytest.fixture
def aws(command: CommandLine) -> Aws:
    return Aws(json.loads(command.output("status", "--json"))["endpoint_url"], "us-east-1")


@dataclass(frozen=True)
class Terraform:
    """Terraform in a folder with a configuration."""

    folder: Path
    variables: dict[str, str]

    def run(self, *arguments: str) -> str:
        """Run a subcommand that must succeed; return its output."""
        ended = subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env={**clean_environment(), **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout
        return ended.stdout


def terraform(folder: Path, configuration: str, **variables: str) -> Terraform:
    """Write a configuration, and initialize it with the provider that is here."""
    mirror = f'provider_installation {{\n  filesystem_mirror {{ path = "{PLUGINS}" }}\n}}\n'
    (folder / "terraformrc").write_text(mirror)
    (folder / "main.tf").write_text(REQUIRED + configuration)
    variables["TF_CLI_CONFIG_FILE"] = str(folder / "terraformrc")
    made = Terraform(folder, variables)
    made.run("init")
    return made


def documented_provider() -> str:
    """Return the provider block of the documentation."""
    [found] = [block.content for block in blocks() if block.content.startswith('provider "aws"')]
    return found


def test_resources_of_a_pipeline(aws: Aws, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "function.zip", "w") as archive:
        archive.write(HERE / "function" / "app.py", "app.py")
    provider = documented_provider()
    assert ENDPOINT in provider
    provider = provider.replace(ENDPOINT, aws.endpoint_url)
    shop = terraform(tmp_path, provider + (HERE / "main.tf").read_text())
    number = len(re.findall(r"^resource ", (HERE / "main.tf").read_text(), re.MULTILINE))
    assert f"{number} added" in shop.run("apply", "-auto-approve")
    # The exit status would be 2 if what the provider reads were not what it has created.
    shop.run("plan", "-detailed-exitcode")

    [api] = [each for each in aws.apigateway.get_rest_apis()["items"] if each["name"] == "shop-api"]
    url = f"{aws.endpoint_url}/_aws/execute-api/{api['id']}/v1/orders"
    assert requests.post(url, json={}, timeout=20).text == "tea"
    queue = aws.sqs.get_queue_url(QueueName="shop-orders")["QueueUrl"]

    def ordered() -> bool:  # schedules have called the function, too
        messages = aws.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
        return any("httpMethod" in json.loads(each["Body"]) for each in messages)

    until(ordered, within=20, what="order")

    changed = shop.run("apply", "-auto-approve", "-var", "word=milk")
    # The version of the secret is replaced.
    assert "Resources: 1 added, 11 changed, 1 destroyed" in changed
    shop.run("plan", "-detailed-exitcode", "-var", "word=milk")
    assert requests.post(url, json={}, timeout=20).text == "milk"

    assert f"{number} destroyed" in shop.run("destroy", "-auto-approve")
    assert "QueueUrls" not in aws.sqs.list_queues()
    assert aws.lambda_.list_functions()["Functions"] == []
    assert aws.s3.list_buckets()["Buckets"] == []


QUEUE = """
provider "aws" {}
resource "aws_sqs_queue" "orders" { name = "environment" }
resource "aws_s3_bucket" "orders" { bucket = "environment" }
"""


def test_variables_of_testbed_env(aws: Aws, command: CommandLine, tmp_path: Path) -> None:
    """Without any setting in the configuration."""
    printed = command.output("env")
    variables = dict(re.findall(r"^export (AWS_\w+)='?([^'\n]*)'?$", printed, re.MULTILINE))
    assert "AWS_ENDPOINT_URL" in variables
    here = terraform(tmp_path, QUEUE, **variables)
    here.run("apply", "-auto-approve")
    here.run("plan", "-detailed-exitcode")
    assert [bucket["Name"] for bucket in aws.s3.list_buckets()["Buckets"]] == ["environment"]
    here.run("destroy", "-auto-approve")


TABLE = """
resource "aws_dynamodb_table" "orders" {
  name         = "orders"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  attribute {
    name = "id"
    type = "S"
  }
}
"""


def test_services_that_are_missing_are_reported(aws: Aws, tmp_path: Path) -> None:
    provider = documented_provider().replace("sqs ", "dynamodb ")
    here = terraform(tmp_path, provider.replace(ENDPOINT, aws.endpoint_url) + TABLE)
    with pytest.raises(AssertionError, match="dynamodb is not available on this LocalStack"):
        here.run("apply", "-auto-approve")
