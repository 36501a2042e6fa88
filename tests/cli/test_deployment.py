"""Deploying: invalid files are rejected before anything changes, and nothing is deployed twice."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

from testbed.deployment.deploy import Deployment, deploy
from testbed.deployment.destroy import destroy_stack
from testbed.project.project import Project
from tests.conftest import CommandLine, Deployed


def test_second_deployment_does_nothing(running_testbed: Deployed) -> None:
    command = running_testbed.command
    parameters = "--parameter=ScheduleExpression=rate(1 day)"
    command.output("deploy", parameters)
    again = command.run("deploy", parameters)
    assert again.returncode == 0
    assert "The stack is up to date." in again.stderr
    assert "Uploaded" not in again.stderr


def test_outputs_and_tags_alone_are_deployed_too(running_testbed: Deployed, tmp_path: Path) -> None:
    """CloudFormation does not list them among the changes of a change set.

    https://github.com/jenkinsci/pipeline-aws-plugin/issues/210
    """
    aws, name = running_testbed.aws, f"outputs-{uuid.uuid4().hex[:8]}"
    project = Project(tmp_path, tmp_path / "template.json", name, aws.region)

    def deployed(project: Project, **outputs: str) -> Deployment:
        template = {
            "Transform": "AWS::Serverless-2016-10-31",
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {key: {"Value": value} for key, value in outputs.items()},
        }
        project.template.write_text(json.dumps(template))
        return deploy(project, aws, lambda message: None)

    try:
        deployed(project, First="1")
        found = deployed(project, First="1", Second="2")
        assert (found.changed, found.outputs) == (True, {"First": "1", "Second": "2"})
        tagged = replace(project, tags={"Application": "ours"})
        assert deployed(tagged, First="1", Second="2").changed
        assert not deployed(tagged, First="1", Second="2").changed
    finally:
        destroy_stack(aws, name)


def test_invalid_sites_file(copied: CommandLine) -> None:
    sites = copied.project / "sites.yaml"
    sites.write_text("sites:\n  - name: shop\n    url: ftp://example.com\n")
    result = copied.run("up")
    assert result.returncode == 1
    assert "sites.yaml is not valid" in result.stderr
    assert "sites.0.url" in result.stderr
    assert "Traceback" not in result.stderr
    assert "was not running" in copied.run("down").stderr


def test_sites_file_that_is_not_yaml(copied: CommandLine) -> None:
    (copied.project / "sites.yaml").write_text("sites: [")
    result = copied.run("up")
    assert result.returncode == 1
    assert "sites.yaml is not valid YAML" in result.stderr


def test_two_sites_of_one_name(copied: CommandLine) -> None:
    entry = "  - name: shop\n    url: https://example.com\n"
    (copied.project / "sites.yaml").write_text(f"sites:\n{entry}{entry}")
    result = copied.run("up")
    assert result.returncode == 1
    assert "shop" in result.stderr


def test_template_error(copied: CommandLine) -> None:
    template = copied.project / "template.yaml"
    template.write_text(template.read_text().replace("!Ref WebsiteAlerts", "!Ref NoSuchThing"))
    result = copied.run("up")
    assert result.returncode == 1
    assert "The init script 10-deploy.sh failed" in result.stderr
    assert "NoSuchThing" in result.stderr
    assert "Traceback" not in result.stderr


def test_template_that_is_not_yaml(copied: CommandLine) -> None:
    (copied.project / "template.yaml").write_text("Resources: {")
    result = copied.run("up")
    assert result.returncode == 1
    assert "template.yaml is not valid YAML" in result.stderr


def test_parameter_without_a_value(copied: CommandLine) -> None:
    result = copied.run("up", "--parameter", "AlertEmail")
    assert result.returncode == 2
    assert "'AlertEmail' is not of the form NAME=VALUE." in result.stderr
