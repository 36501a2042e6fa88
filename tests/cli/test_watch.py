"""Watching a project: what is saved is deployed, and what is broken is not."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from testbed import Aws, RunningTestbed
from testbed.aws.stacks import describe_stack
from testbed.deployment.code_updates import update_code
from testbed.deployment.deploy import deploy
from testbed.deployment.destroy import destroy_stack
from testbed.errors import TestbedError
from testbed.machine.waiting import until
from testbed.project.discovery import find_project
from testbed.project.project import Project
from testbed.watching.loop import StackWatch, Watch
from tests.conftest import CommandLine

_TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals: {{Function: {{Runtime: python3.13, Handler: app.handler}}}}
Resources:
  First:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: {name}-first, CodeUri: src, Description: one}}
  Second:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: {name}-second, CodeUri: src}}
  Other:
    Type: AWS::Serverless::Function
    Properties: {{FunctionName: {name}-other, CodeUri: other}}
  Bucket: {{Type: AWS::S3::Bucket}}
Outputs:
  ListUri: {{Value: !Sub "s3://${{Bucket}}/list.yaml"}}
"""
_CODE = """\
V = "0"


def handler(event, context):
    return V
"""
_WITHIN = 20.0


@dataclass
class Seen:
    """What the loop has reported."""

    deployments: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def deployed(self, text: str, seconds: float | None = None) -> None:
        self.deployments.append(text)

    def failed(self, error: TestbedError, consequence: str) -> None:
        self.failures.append(f"{error.message}\n{error.details}\n{consequence}")

    def progress(self, message: str) -> None:
        """Show nothing."""


@dataclass
class Watched:
    """A project in a folder, and its stack."""

    root: Path
    aws: Aws
    name: str
    seen: Seen = field(default_factory=Seen)

    def write_value(self, value: str, folder: str = "src") -> None:
        (self.root / folder / "app.py").write_text(_CODE.replace('"0"', f'"{value}"'))

    def answer(self, function: str) -> str:
        result = self.aws.lambda_.invoke(FunctionName=f"{self.name}-{function}")
        return str(json.loads(result["Payload"].read()))

    def await_answer(self, value: str, *functions: str) -> None:
        until(
            lambda: {self.answer(function) for function in functions} == {value},
            within=_WITHIN,
            what=f"answer {value} of {', '.join(functions)}",
        )

    def await_deployment(self, text: str) -> None:
        until(lambda: text in "\n".join(self.seen.deployments), within=_WITHIN, what=text)

    def await_failure(self, text: str) -> str:
        """Wait until something was reported, and return the whole report."""

        def found() -> str | None:
            return next((each for each in self.seen.failures if text in each), None)

        return until(found, within=_WITHIN, what=f"report of {text}")

    def edit_template(self, old: str, new: str) -> None:
        template = self.root / "template.yaml"
        content = template.read_text()
        assert old in content
        self.seen.deployments.clear()
        template.write_text(content.replace(old, new))

    def project(self) -> Project:
        return find_project(self.root)

    def template_of_stack(self) -> str:
        body = self.aws.cloudformation.get_template(StackName=self.name)["TemplateBody"]
        return body if isinstance(body, str) else json.dumps(body)


class _Stopped(Exception):
    """The test has ended."""


@contextmanager
def running(watched: Watched) -> Iterator[None]:
    """Run the loop in a thread."""
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise _Stopped

    loop = Watch([StackWatch(watched.project, watched.aws, watched.seen)], check)
    loop.begin()

    def run() -> None:
        with pytest.raises(_Stopped):
            loop.run()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


@pytest.fixture
def unwatched(testbed: RunningTestbed, tmp_path: Path) -> Iterator[Watched]:
    """A project that is not deployed yet."""
    name, root = f"watch-{uuid.uuid4().hex[:8]}", tmp_path.resolve()
    (root / "samconfig.toml").write_text(
        f'[default.deploy.parameters]\nstack_name = "{name}"\nregion = "{testbed.aws.region}"\n'
    )
    (root / "pyproject.toml").write_text(
        '[[tool.testbed.uploads]]\nfile = "list.yaml"\noutput = "ListUri"\nschema = "schema.json"\n'
    )
    (root / "schema.json").write_text('{"type": "array"}')
    (root / "list.yaml").write_text("[]")
    (root / "template.yaml").write_text(_TEMPLATE.format(name=name))
    made = Watched(root, testbed.aws, name)
    for folder in ("src", "other"):
        (root / folder).mkdir()
        made.write_value("0", folder)
    yield made
    destroy_stack(testbed.aws, name)


@pytest.fixture
def watched(unwatched: Watched) -> Iterator[Watched]:
    """A project that is deployed and watched."""
    with running(unwatched):
        yield unwatched


def test_saved_code_is_live_without_a_change_set(watched: Watched) -> None:
    template = watched.template_of_stack()
    watched.write_value("1")
    watched.await_answer("1", "first", "second")
    watched.await_deployment(f"{watched.name}-first and {watched.name}-second updated")
    assert watched.answer("other") == "0"
    assert watched.template_of_stack() == template

    # A rename, a new file and a new folder.
    (watched.root / "src" / "lib").mkdir()
    (watched.root / "src" / "lib" / "values.py").write_text('V = "2"\n')
    written = watched.root / "written.py"
    written.write_text("from lib.values import V\n\n\ndef handler(event, context):\n    return V\n")
    written.replace(watched.root / "src" / "app.py")
    watched.await_answer("2", "first")
    (watched.root / "src" / "lib" / "values.py").write_text('V = "3"\n')
    watched.await_answer("3", "first")

    # A folder that is another one.
    shutil.copytree(watched.root / "other", watched.root / "copy")
    watched.write_value("4", "copy")
    shutil.rmtree(watched.root / "src")
    (watched.root / "copy").rename(watched.root / "src")
    watched.await_answer("4", "first")
    assert watched.seen.failures == []


def test_syntax_error_is_reported_and_the_old_code_stays(watched: Watched) -> None:
    (watched.root / "src" / "app.py").write_text("def handler(event, context)\n    return 1\n")
    report = watched.await_failure("src/app.py:1 is not valid Python.")
    assert "                           ^\nSyntaxError: expected ':'" in report
    assert "The old code stays active." in report
    # Other functions do not wait for it, but a change set does.
    watched.write_value("1", "other")
    watched.await_answer("1", "other")
    watched.edit_template("Description: one", "Description: two")
    watched.await_failure("When the error is fixed, template.yaml is deployed, too.")
    assert watched.answer("first") == "0"
    watched.write_value("2")
    watched.await_answer("2", "first", "second")
    watched.await_deployment(f"stack {watched.name} updated")
    found = watched.aws.lambda_.get_function_configuration(FunctionName=f"{watched.name}-first")
    assert found["Description"] == "two"


def test_changed_template_keeps_code_that_was_updated_directly(watched: Watched) -> None:
    watched.write_value("1")
    watched.await_answer("1", "first")
    watched.edit_template("  Bucket:", "  Queue: {Type: AWS::SQS::Queue}\n  Bucket:")
    watched.await_deployment(f"template.yaml: stack {watched.name} updated")
    assert watched.answer("first") == "1"

    # It fails after CloudFormation has updated the functions, and is rolled back.
    watched.write_value("2")
    watched.await_answer("2", "first")
    taken = f"{watched.name}-taken"
    watched.aws.sqs.create_queue(QueueName=taken, Attributes={"VisibilityTimeout": "7"})
    watched.edit_template(
        "  Bucket:",
        "  Taken:\n    Type: AWS::SQS::Queue\n    DependsOn: [First, Second]\n"
        f"    Properties: {{QueueName: {taken}}}\n  Bucket:",
    )
    watched.await_failure("Taken")
    watched.await_answer("2", "first", "second")
    watched.edit_template(f"QueueName: {taken}", f"QueueName: {taken}-not")
    watched.await_deployment(f"template.yaml: stack {watched.name} updated")
    assert watched.answer("first") == "2"


def test_invalid_template_and_requirements_are_reported(watched: Watched) -> None:
    watched.edit_template("CodeUri: other", "CodeUri: no-such-folder")
    watched.await_failure("CodeUri names no-such-folder, which does not exist.")
    watched.edit_template("no-such-folder", "other")
    requirements = watched.root / "src" / "requirements.txt"
    requirements.write_text("-r missing.txt\n")
    report = watched.await_failure("includes missing.txt, which does not exist.")
    assert "What is deployed stays as it is." in report
    assert watched.answer("first") == "0"
    requirements.unlink()
    watched.write_value("1")
    watched.await_answer("1", "first")


def test_uploads_are_validated_and_uploaded(watched: Watched) -> None:
    file = watched.root / "list.yaml"
    watched.seen.deployments.clear()
    file.write_text("[")
    watched.await_failure("list.yaml is not valid YAML")
    file.write_text("{}")
    watched.await_failure("list.yaml is not valid.")
    file.write_text("[1]")
    watched.await_deployment("list.yaml uploaded")
    stack = describe_stack(watched.aws, watched.name)
    assert stack is not None
    bucket = stack["Outputs"][0]["OutputValue"].split("/")[2]
    body = watched.aws.s3.get_object(Bucket=bucket, Key="list.yaml")["Body"].read()
    assert body == b"[1]"


def test_change_during_a_deployment_leads_to_another_one(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = iter(["2"])

    def update_after_a_change(*arguments: object) -> list[str]:
        for value in again:
            watched.write_value(value)
        return update_code(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("testbed.watching.loop.update_code", update_after_a_change)
    watched.write_value("1")
    watched.await_answer("2", "first", "second")


def test_deployment_restores_code_that_was_changed_outside_of_the_stack(
    unwatched: Watched,
) -> None:
    """The template is that of the stack then, but the function has other code."""
    deploy(unwatched.project(), unwatched.aws, lambda message: None)
    with running(unwatched):
        unwatched.write_value("1")
        unwatched.await_answer("1", "first", "second")
    found = deploy(unwatched.project(), unwatched.aws, lambda message: None)
    assert (found.changed, found.restored) == (True, [])
    assert unwatched.answer("first") == "1"

    with running(unwatched):
        unwatched.write_value("2")
        unwatched.await_answer("2", "first", "second")
    unwatched.write_value("1")
    found = deploy(unwatched.project(), unwatched.aws, lambda message: None)
    assert found.changed is False
    assert sorted(found.restored) == [f"{unwatched.name}-first", f"{unwatched.name}-second"]
    assert unwatched.answer("first") == "1"


def test_stack_that_was_deleted_is_deployed_again(watched: Watched) -> None:
    destroy_stack(watched.aws, watched.name)
    watched.seen.deployments.clear()
    watched.write_value("1")
    watched.await_deployment(f"template.yaml: stack {watched.name} updated")
    watched.await_answer("1", "first")


def test_what_was_changed_before_is_deployed_at_the_beginning(unwatched: Watched) -> None:
    deploy(unwatched.project(), unwatched.aws, lambda message: None)
    unwatched.write_value("1")
    with running(unwatched):
        assert unwatched.answer("first") == "1"
    (unwatched.root / "src" / "app.py").write_text("def")
    unwatched.seen.failures.clear()
    with running(unwatched):
        assert "src/app.py:1 is not valid Python." in unwatched.seen.failures[0]
        assert unwatched.answer("first") == "1"
        unwatched.write_value("2")
        unwatched.await_answer("2", "first")


def test_command(testbed: RunningTestbed, unwatched: Watched) -> None:
    command = CommandLine(testbed.session.state, unwatched.root)
    unwatched.edit_template("CodeUri: other", "CodeUri: none")
    lines: list[str] = []
    with started(command, lines):
        until(lambda: any("Watching" in line for line in lines), within=_WITHIN, what="beginning")
        unwatched.write_value("1")
        unwatched.edit_template("CodeUri: none", "CodeUri: other")
        until(lambda: any("updated in" in line for line in lines), within=_WITHIN, what="stack")
        unwatched.write_value("2")
        unwatched.await_answer("2", "first")
        until(
            lambda: all(
                any(text in line for line in lines)
                for text in (
                    f"✓ {unwatched.name}-first and {unwatched.name}-second updated in ",
                    f"{unwatched.name}-first  START RequestId: ",
                    f"λ {unwatched.name}-first (",
                )
            ),
            within=_WITHIN,
            what="deployment, log line and chain",
        )
    assert "Other: CodeUri names none, which does not exist." in "".join(lines)
    assert "Traceback" not in "".join(lines)


@contextmanager
def started(command: CommandLine, lines: list[str]) -> Iterator[None]:
    """Run the command until the block ends, and stop it with Ctrl-C."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)  # as in CommandLine.started
    try:
        process = subprocess.Popen(
            command.arguments("watch"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, usual)
    with process:
        assert process.stdout
        reader = threading.Thread(target=lines.extend, args=(process.stdout,))
        reader.start()
        try:
            yield
            process.send_signal(signal.SIGINT)
            assert process.wait(_WITHIN) == 130
        finally:
            process.kill()
            reader.join()


def test_folder_without_a_template(testbed: RunningTestbed, tmp_path: Path) -> None:
    result = CommandLine(testbed.session.state, tmp_path).run("watch")
    assert result.returncode == 1
    assert f"There is no template in {tmp_path}" in result.stderr


def test_testbed_that_does_not_run(bare: CommandLine) -> None:
    result = bare.run("watch")
    assert result.returncode == 1
    assert "is not running" in result.stderr
    assert "testbed up" in result.stderr
