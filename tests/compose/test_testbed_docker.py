"""``testbed up --docker``, and ``testbed demo --docker``."""

from __future__ import annotations

import json
import os
import re
import signal

import pytest
import requests

from testbed.machine.waiting import until
from tests.compose.conftest import START_LIMIT_SECONDS, Clone, output_of
from tests.conftest import CommandLine


def test_up_twice_and_down(clone: Clone, command: CommandLine) -> None:
    described = json.loads(command.output("up", "--docker", "--json"))
    assert described["host"]["name"] == "host.docker.internal"
    again = command.run("up", "--docker", "--json")
    assert "already running" in again.stderr
    assert json.loads(again.stdout) == described
    assert "has stopped" in command.run("down").stderr
    assert clone.containers() == []
    assert "Ready." in (command.state / "localstack.log").read_text()
    assert "was not running" in command.run("down").stderr


def test_files_for_their_owner_only(clone: Clone, command: CommandLine) -> None:
    owner = 4321 if os.geteuid() == 0 else os.geteuid()
    for path in (clone.root, *clone.root.rglob("*")):
        os.chown(path, owner, -1)
        path.chmod(path.stat().st_mode & 0o700)
    command.output("up", "--docker", "--json")
    assert output_of(clone, "id", "-u") == f"{owner}\n"


def test_settings_parameters_and_files_reach_the_container(
    clone: Clone, command: CommandLine
) -> None:
    sites = clone.root.parent / "mine.yaml"
    sites.write_text("sites:\n- name: mine\n  url: http://127.0.0.1:9/\n")
    described = json.loads(
        command.output(
            "up", "--docker", "--json", "--env=MOTTO=costs $5", f"--file=sites.yaml={sites}",
            "--parameter=ScheduleExpression=rate(7 minutes)",
        )
    )  # fmt: skip
    sites.unlink()

    assert "MOTTO=costs $5" in clone.container().attrs["Config"]["Env"]
    clock = json.loads(command.output("clock", "--json"))
    assert [each["expression"] for each in clock["next"]] == ["rate(7 minutes)"]
    with requests.Session() as http:
        http.trust_env = False
        shown = http.get(f"{described['api_url']}/status", timeout=30).json()
    assert [site["name"] for site in shown["sites"]] == ["mine"]


def test_broken_init_script_is_shown_and_leaves_nothing(clone: Clone, command: CommandLine) -> None:
    clone.break_init_script()
    result = command.run("up", "--docker")
    assert result.returncode == 1
    assert "The init script 20-broken.sh failed, so nothing is deployed." in result.stderr
    assert "the queue is on fire" in result.stderr
    assert "Traceback" not in result.stderr
    assert clone.containers() == []
    assert "the queue is on fire" in (command.state / "localstack.log").read_text()


def test_invalid_sites_are_rejected_before_anything_is_built(
    clone: Clone, command: CommandLine
) -> None:
    (clone.root / "sites.yaml").write_text("sites: 7\n")
    result = command.run("up", "--docker")
    assert result.returncode == 1
    assert "sites.yaml is not valid" in result.stderr
    assert "✓" not in result.stderr


def test_interrupted_start_leaves_no_container(clone: Clone, command: CommandLine) -> None:
    script = clone.root / "init" / "ready.d" / "20-slow.sh"
    script.write_text("#!/bin/sh\necho now slow\nexec sleep 600\n")
    script.chmod(0o755)
    with command.started("up", "--docker") as process:
        until(
            lambda: any(b"now slow" in each.logs() for each in clone.containers()),
            within=START_LIMIT_SECONDS,
            what="running init script",
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(START_LIMIT_SECONDS) == 128 + signal.SIGINT
    assert clone.containers() == []


def test_failure_of_docker_is_told(clone: Clone, command: CommandLine) -> None:
    (clone.root / "docker" / "Dockerfile").write_text("FROM scratch\nCOPY nothing /\n")
    result = command.run("up", "--docker")
    assert result.returncode == 1
    assert "failed with exit status" in result.stderr
    assert "nothing" in result.stderr
    assert "Traceback" not in result.stderr


def test_container_without_docker_is_told(
    command: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    result = command.run("up", "--docker")
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert "not running" in command.run("status").stderr


def test_demo(clone: Clone, command: CommandLine) -> None:
    result = command.run("demo", "--docker", "--keep")
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"
    for step in ("alert published", "email received", "incident recorded", "closed at API"):
        assert re.search(rf"✓ {step} +\S", result.stdout), step
    websites = json.loads(command.output("website", "list", "--json"))["websites"]
    assert all(each["url"].startswith("http://host.docker.internal:") for each in websites)
    page = websites[0]["local_url"]
    with requests.Session() as http:
        http.trust_env = False
        assert http.get(page, timeout=5).ok

        command.output("down")

        def ended() -> bool:
            try:
                http.get(page, timeout=5)
            except requests.RequestException:  # also in the middle of an answer
                return True
            return False

        until(ended, within=START_LIMIT_SECONDS, what="end of the websites")
    assert clone.containers() == []
