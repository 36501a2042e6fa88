"""``testbed up --docker`` in a user's own repository, next to a clone, as docs/docker.md says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.compose.conftest import cloned
from tests.conftest import CommandLine
from tests.docs.pages import blocks

_TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: {Type: String}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      Handler: hello.handler
      CodeUri: src
      Environment: {Variables: {GREETING: !Ref Greeting}}
      FunctionUrlConfig: {AuthType: NONE}
Outputs:
  Url: {Value: !GetAtt HelloUrl.FunctionUrl}
"""
_FUNCTION = """\
import os, sys, urllib.request
def handler(event, context):
    if "page" in event:
        return urllib.request.urlopen(event["page"]).read().decode()
    return {"greeting": os.environ["GREETING"], "python": sys.version_info[:2]}
"""
_SCRIPT = '#!/bin/sh\nexec testbed --endpoint-url "http://127.0.0.1:${GATEWAY_LISTEN##*:}" deploy\n'


@pytest.fixture
def app(tmp_path: Path) -> Iterator[CommandLine]:
    """The command for a project with a template, a function and the Compose file of the page."""
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "template.yaml").write_text(_TEMPLATE)
    (root / "src" / "hello.py").write_text(_FUNCTION)
    [file] = [
        each.content
        for each in blocks()
        if each.page == "docs/docker.md" and each.content.startswith("services:")
    ]
    (root / "docker-compose.yml").write_text(file)
    for path in (tmp_path, root, root / "src"):
        path.chmod(0o755)
    with cloned(tmp_path) as clone:
        clone.root.rename(tmp_path / "testbed")
        command = CommandLine(tmp_path / "state", root)
        yield command
        command.run("down")
        (tmp_path / "testbed").rename(clone.root)


def test_deployment_without_init_scripts(app: CommandLine) -> None:
    """What is new is tried in one start, which takes most of the time."""
    described = json.loads(app.output("up", "--docker", "--json", "--parameter=Greeting=moin"))
    assert described["stack"] == "shop"
    [note] = described["runtimes"]
    assert "Runtime is python3.12" in note
    assert "it runs on python3.13" in note
    assert described["isolation"]["isolated"] is False
    assert "functions can see one another's files, not yours" in app.output("status")
    with requests.Session() as http:
        http.trust_env = False
        answer = http.get(described["outputs"]["Url"], timeout=30).json()
    assert answer == {"greeting": "moin", "python": [3, 13]}

    page = json.loads(app.output("website", "add", "page", "--body", "in stock", "--json"))
    event = app.project / "event.json"
    event.write_text(json.dumps({"page": page["url"]}))
    invoked = app.run("invoke", "Hello", "--event", str(event))
    assert (invoked.returncode, invoked.stdout) == (0, '"in stock"\n')

    result = app.run("debug", "Hello")
    assert result.returncode == 1
    assert "Functions of a LocalStack in a container cannot be debugged" in result.stderr

    (app.project / "src" / "hello.py").write_text("def handler(event, context):\n    return 2\n")
    app.output("deploy", "--parameter=Greeting=moin")
    assert app.output("invoke", "Hello") == "2\n"
    assert "after its deployment" in app.run("reset").stderr
    assert [each["state"] for each in _entries(app, "reset")] == ["deployment"]
    assert "empty" in app.run("reset", "--empty").stderr
    assert "none" in app.output("status")


def _entries(app: CommandLine, kind: str) -> list[dict[str, str]]:
    lines = app.output("journal", "--kind", kind, "--json").splitlines()
    return [json.loads(line) for line in lines]


def test_options_reach_init_scripts(app: CommandLine) -> None:
    """They deploy what the options say, and name the stack as on this machine."""
    scripts = app.project / "init" / "ready.d"
    scripts.mkdir(parents=True)
    script = scripts / "10-deploy.sh"
    script.write_text(_SCRIPT)
    script.chmod(0o755)
    file = app.project / "docker-compose.yml"
    file.write_text(file.read_text().replace("no-init-scripts:/etc", "./init:/etc"))
    (app.project / "samconfig.toml").write_text(
        'version = 0.1\n[live.deploy.parameters]\nparameter_overrides = "Greeting=live"\n'
    )
    result = app.run("up", "--docker", "--json", "--config-env=live")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["stack"] == "shop"
    assert "Deployment of" not in result.stderr
    assert json.loads(app.output("invoke", "Hello"))["greeting"] == "live"
    app.output("down")

    described = json.loads(app.output("up", "--docker", "--json", "--empty"))
    assert described["stack"] is None
    assert "is empty" in app.run("reset").stderr
