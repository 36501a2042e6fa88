"""Starting and stopping, and cleaning up after failures."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from testbed.aws.clients import Aws
from testbed.emulators import instance
from testbed.machine.waiting import until
from tests.conftest import CTRL_C, CommandLine, Deployed

LIMIT_SECONDS = 30.0
BUCKET = "large-objects-of-this-test"
# Next to nothing is deployed: services that nobody uses need not be loaded.
UP = ("up", "--env=TESTBED_PRELOADED_SERVICES=")


def processes_of(state: Path) -> list[psutil.Process]:
    """Return all processes of the testbed in a state folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "status"]):
        texts = [*(process.info["cmdline"] or []), *(process.info["environ"] or {}).values()]
        if process.info["status"] != psutil.STATUS_ZOMBIE and any(str(state) in t for t in texts):
            found.append(process)
    return found


def await_no_process(state: Path) -> None:
    """Wait until the testbed in a state folder has no more processes."""
    until(lambda: not processes_of(state), within=LIMIT_SECONDS, what="end of every process")


def pid_of(command: CommandLine) -> int:
    """Return the process id of a testbed's LocalStack."""
    recorded = instance.load(command.state)
    assert recorded is not None
    return recorded.pid


def with_init_script(command: CommandLine, script: str) -> None:
    """Write an init script in a project."""
    folder = command.project / "init" / "ready.d"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "10-test.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_second_up_says_that_it_is_running(bare: CommandLine) -> None:
    with_init_script(bare, 'exec testbed --endpoint-url "http://$GATEWAY_LISTEN" deploy')
    first = bare.run(*UP, "--json")
    assert first.returncode == 0, first.stderr
    described = json.loads(first.stdout)
    assert described["stack"] == "bare"
    assert described["outputs"]["QueueUrl"].startswith(described["endpoint_url"])
    again = bare.run(*UP, "--json")
    assert again.returncode == 0
    assert "already running" in again.stderr
    assert "The options were ignored" in again.stderr
    assert json.loads(again.stdout) == described
    down = bare.run("down")
    assert "has stopped" in down.stderr
    await_no_process(bare.state)
    assert "was not running" in bare.run("down").stderr


def test_misspelled_setting_is_rejected_before_the_start(bare: CommandLine) -> None:
    result = bare.run(*UP, "--env", "TESTBED_JURNAL=0", "--env", "MY_OWN=1")
    assert result.returncode == 1
    assert "the extension has no such setting" in result.stderr
    assert "Did you mean TESTBED_JOURNAL?" in result.stderr
    await_no_process(bare.state)


def test_up_without_init_scripts_deploys(bare: CommandLine) -> None:
    up = bare.run(*UP, "--json")
    assert up.returncode == 0, up.stderr
    assert json.loads(up.stdout)["outputs"]["QueueUrl"]
    assert "init scripts" not in up.stderr
    bare.output("destroy", "--yes")
    assert "There is no stack bare." in bare.output("destroy", "--yes")


def test_later_commands_work_on_what_was_started(bare: CommandLine) -> None:
    with (bare.project / "samconfig.toml").open("a") as file:
        file.write('[prod.deploy.parameters]\nstack_name = "prod"\nregion = "eu-west-1"\n')
    assert bare.run(*UP, "--config-env", "prod").returncode == 0
    assert "prod CREATE_COMPLETE" in bare.output("status")
    assert "AWS_REGION=eu-west-1" in bare.output("env")
    assert "up to date" in bare.run("deploy").stderr
    bare.output("deploy", "--stack", "other")
    assert "other CREATE_COMPLETE" in bare.output("status", "--stack", "other")
    bare.output("destroy", "--yes")
    again = bare.run("up", "--empty")
    assert "The options were ignored" in again.stderr
    assert "The stack prod is not deployed" in bare.run("up").stderr
    bare.output("down")
    assert not (bare.state / "selection.json").exists()


def test_up_without_init_scripts_stops_if_the_deployment_fails(bare: CommandLine) -> None:
    (bare.project / "template.yaml").write_text("Resources: {Q: {Type: AWS::SQS::Queu}}\n")
    up = bare.run(*UP)
    assert up.returncode == 1
    assert "Unrecognized resource types: [AWS::SQS::Queu]" in up.stderr
    assert "LocalStack was stopped" in up.stderr
    await_no_process(bare.state)


def test_up_after_a_crash(bare: CommandLine) -> None:
    with_init_script(bare, 'exec testbed --endpoint-url "http://$GATEWAY_LISTEN" deploy')
    bare.output(*UP)
    first = pid_of(bare)
    os.kill(first, signal.SIGKILL)
    until(
        lambda: not psutil.pid_exists(first) or psutil.Process(first).status() == "zombie",
        within=LIMIT_SECONDS,
        what="end of LocalStack",
    )
    assert "not running" in bare.run("status").stderr
    bare.output(*UP)
    assert pid_of(bare) != first
    bare.output("down")
    await_no_process(bare.state)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_start_leaves_no_process(bare: CommandLine, number: signal.Signals) -> None:
    marker = bare.project / "script-runs"
    with_init_script(bare, f'touch "{marker}"\nexec sleep 600')
    with bare.started(*UP) as process:
        until(marker.exists, within=LIMIT_SECONDS, what="running init script")
        process.send_signal(number)
        assert process.wait(LIMIT_SECONDS) == 128 + number
    await_no_process(bare.state)
    assert "was not running" in bare.run("down").stderr


def test_busy_port(bare: CommandLine) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = bare.run("up", "--port", str(port))
    assert result.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


def test_listens_on_loopback_only(running_testbed: Deployed) -> None:
    family = [psutil.Process(pid_of(running_testbed.command))]
    family += family[0].children(recursive=True)
    addresses = set()
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # an execution environment that has ended
            addresses |= {
                connection.laddr.ip
                for connection in process.net_connections("inet")
                if connection.status == psutil.CONN_LISTEN
            }
    assert addresses == {"127.0.0.1"}


def test_failing_init_script(bare: CommandLine) -> None:
    with_init_script(bare, 'echo "the reason, said by the script"\nexit 3')
    result = bare.run(*UP)
    assert result.returncode == 1
    assert "The init script 10-test.sh failed" in result.stderr
    assert "the reason, said by the script" in result.stderr
    assert "LocalStack was stopped" in result.stderr
    assert "Traceback" not in result.stderr
    await_no_process(bare.state)


def test_localstack_that_does_not_start(bare: CommandLine) -> None:
    result = bare.run("up", "--env", "LAMBDA_PROCESS_PYTHON=/no/such/python")
    assert result.returncode == 1
    assert "LocalStack exited with status" in result.stderr
    assert "LAMBDA_PROCESS_PYTHON=/no/such/python is not executable" in result.stderr
    await_no_process(bare.state)


def test_commands_without_a_testbed(bare: CommandLine) -> None:
    for name in ("status", "env", "deploy", "tick", "clock", "inbox", "logs"):
        result = bare.run(name)
        assert result.returncode == 1, name
        assert "is not running" in result.stderr, name
        assert "testbed up" in result.stderr, name


def test_questions_for_parameters(bare: CommandLine) -> None:
    (bare.project / "template.yaml").write_text(
        "Parameters:\n"
        "  Size: {Type: Number, MinValue: 2, Description: how many}\n"
        "  Key: {Type: String, NoEcho: true}\n"
        "  Color: {Type: String, AllowedValues: [red, true]}\n"
        "Resources: {Queue: {Type: AWS::SQS::Queue}}\n"
    )
    answers = {
        "Size: ": "1\r",
        "must be at least 2\r\nSize: ": "3\r",
        "Key: ": "hush\r",
        "Color: ": CTRL_C,
    }
    status, shown = bare.run_on_terminal("up", answers=answers)
    assert status == 130, shown
    assert "how many" in shown
    assert "One of: red, true" in shown
    assert "hush" not in shown
    assert processes_of(bare.state) == []
    assert sorted(path.name for path in bare.state.iterdir()) == [".gitignore", "lock"]


def test_testbed_without_a_project(tmp_path: Path) -> None:
    """An empty folder, and then one in which a template appears."""
    empty = CommandLine(tmp_path / "state", project=tmp_path)
    below = tmp_path / "infra" / "template.yaml"
    below.parent.mkdir()
    below.write_text("Resources: {}")
    usage = empty.run("up", "--parameter", "A=b")
    assert (usage.returncode, usage.stdout) == (2, "")
    assert "no template that it applies to" in usage.stderr
    up = empty.run("up", "--json")
    assert up.returncode == 0, up.stderr
    try:
        assert json.loads(up.stdout)["stack"] is None
        assert "To deploy infra/template.yaml: testbed deploy --template" in up.stderr
        for name in ("status", "env", "clock", "inbox", "logs", "journal", "permissions"):
            result = empty.run(name)
            assert result.returncode == 0, (name, result.stderr)
        empty.output("website", "add", "shop")
        assert re.search(r"shop +http://127\.0\.0\.1:\d+/ +up", empty.output("website", "list"))
        failed = empty.run("deploy")
        assert failed.returncode == 1
        assert "There is no template in" in failed.stderr
        assert "There is infra/template.yaml below this folder" in failed.stderr
        template = tmp_path / "queues.yaml"
        template.write_text(
            "Parameters: {Name: {Type: String}}\n"
            "Resources: {Q: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref Name}}}\n"
        )
        missing = empty.run("deploy", "--template", str(template))
        assert "The parameter Name has no value" in missing.stderr
        deploy = ("deploy", "--template", str(template), "--stack", "typed")
        typed, shown = empty.run_on_terminal(*deploy, answers={"Name: ": "typed-in\r"})
        assert typed == 0, shown
        again = empty.run_on_terminal(*deploy, answers={})
        assert again[0] == 0
        assert "Name" not in again[1]
        assert "typed-in" in empty.output("status", "--stack", "typed")
        empty.output("deploy", "--template", str(template), "--stack", "mine", "-p", "Name=one")
        # The stack has a value already.
        same = empty.run("deploy", "--template", str(template), "--stack", "mine")
        assert "up to date" in same.stderr
        empty.output("destroy", "--stack", "mine", "--yes")
        assert "There is no stack mine." in empty.output("destroy", "--stack", "mine", "--yes")
    finally:
        empty.run("down")
    await_no_process(empty.state)


def test_up_warns_that_functions_are_not_isolated(command: CommandLine) -> None:
    """On the terminal and in JSON, because users do not read LocalStack's log."""
    up = command.run("up", "--env", "LAMBDA_PROCESS_ISOLATION=0")
    assert up.returncode == 0, up.stderr
    [line] = [line for line in up.stdout.splitlines() if line.startswith("isolation")]
    assert "functions can see your files (LAMBDA_PROCESS_ISOLATION=0)" in line
    described = json.loads(command.output("up", "--json"))
    assert described["isolation"] == {"isolated": False, "reason": "LAMBDA_PROCESS_ISOLATION=0"}


KILLED_RUN = """
import os, signal
from pathlib import Path
from testbed.emulators import instance
from testbed.aws.clients import Aws

def test_is_killed(testbed):
    testbed.aws.s3.create_bucket(Bucket="large")
    testbed.aws.s3.put_object(Bucket="large", Key="object", Body=b"x" * 1_000_000)
    state = testbed.session.state
    recorded = instance.load(state)
    Path("started").write_text(f"{recorded.pid} {state}")
    os.kill(os.getpid(), signal.%s)
    signal.pause()
"""


@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM"])
def test_localstack_of_a_test_run_that_is_killed(tmp_path: Path, number: str) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestbed = true\n")
    (tmp_path / "test_killed.py").write_text(KILLED_RUN % number)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_killed.py"]
    killed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert killed.returncode == -signal.Signals[number], killed.stdout.decode()
    pid, _, state = (tmp_path / "started").read_text().partition(" ")
    await_no_process(Path(state))
    assert not psutil.pid_exists(int(pid))
    until(lambda: not Path(state, "root").exists(), within=LIMIT_SECONDS, what="end of its files")
    assert instance.load(Path(state)) is None


def test_files_are_private_and_gone_after_down(bare: CommandLine) -> None:
    with_init_script(bare, 'exec testbed --endpoint-url "http://$GATEWAY_LISTEN" deploy')
    bare.output(*UP)
    secret = bare.state / "control-secret"
    log = bare.state / "localstack.log"
    certificates = list(bare.state.glob("root/*.pem"))
    assert certificates
    assert {stat.S_IMODE(each.stat().st_mode) for each in (secret, log, *certificates)} == {0o600}
    assert stat.S_IMODE(bare.state.stat().st_mode) == 0o700
    s3 = Aws(bare_endpoint(bare), "us-east-1").s3
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="large", Body=b"x" * 1_000_000)
    assert [each for each in bare.state.rglob(BUCKET) if each.is_dir()]
    assert not Path("/tmp/localstack-s3-storage", BUCKET).exists()  # noqa: S108
    bare.output("down")
    left = {each.name for each in bare.state.iterdir()}
    assert left == {".gitignore", "localstack.log", "lock"}


def test_clock_of_another_user_cannot_be_moved(bare: CommandLine) -> None:
    """Without the right secret the command fails, and with it the clock is moved."""
    with_init_script(bare, 'exec testbed --endpoint-url "http://$GATEWAY_LISTEN" deploy')
    bare.output(*UP)
    bare.output("clock", "advance", "1h")
    secret = bare.state / "control-secret"
    right = secret.read_text()
    secret.write_text("wrong")
    denied = bare.run("clock", "advance", "1h")
    assert denied.returncode == 1
    assert f"the control secret in {secret} is not this emulator's" in denied.stderr
    secret.write_text(right)
    bare.output("clock", "advance", "1h")


def bare_endpoint(command: CommandLine) -> str:
    recorded = instance.load(command.state)
    assert recorded is not None
    return recorded.endpoint_url
