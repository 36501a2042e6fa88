"""``testbed doctor`` on the port, the variables, the machine and the Pythons."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from testbed.doctor import machine, pythons, running, variables
from testbed.emulators import instance
from testbed.emulators.environments import environment_inputs
from testbed.emulators.instance import Instance
from testbed.errors import DockerError
from testbed.machine import ports
from testbed.machine.cache import location
from tests.testbed.doctor.doctoring import look, make_place
from tests.testbed.instances import running_instance


def record(place_state: Path, instance_: Instance) -> None:
    place_state.mkdir(exist_ok=True)
    instance.save(instance_, place_state)


def test_free_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1]
    place = make_place(tmp_path, TESTBED_PORT=str(number))
    place.docker = DockerError("none")
    assert look(running.port, place)[:2] == ("ok", f"{number} is free")


def test_port_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path)
    place.docker = DockerError("none")
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    monkeypatch.setattr(running, "_is_localstack", lambda _url: True)
    level, found, advice = look(running.port, place)
    assert level == "warning"
    assert found.startswith("Port 4566 on 127.0.0.1 is in use")
    assert found.endswith("; a LocalStack answers there")
    assert "TESTBED_PORT" in advice


def test_port_of_this_testbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path)
    monkeypatch.setattr(ports, "is_free", lambda _port: False)
    with running_instance("http://127.0.0.1:4566") as made:
        record(place.state, made)
        assert look(running.port, place)[:2] == ("ok", "4566 is this testbed's")


def test_port_that_is_none(tmp_path: Path) -> None:
    place = make_place(tmp_path, TESTBED_PORT="http")
    assert look(running.port, place)[:2] == ("warning", "TESTBED_PORT=http is no port")


def test_testbed_that_has_died(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    assert look(running.testbed, place)[0] == "ok"
    record(place.state, Instance(os.getpid(), "another process", "http://127.0.0.1:4566"))
    level, found, advice = look(running.testbed, place)
    assert level == "warning"
    assert "has ended by itself" in found
    assert "testbed down" in advice


def test_testbed_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # and does not listen
        place = make_place(tmp_path)
        with running_instance(f"http://127.0.0.1:{unused.getsockname()[1]}") as made:
            record(place.state, made)
            level, found, advice = look(running.testbed, place)
    assert level == "problem"
    assert "does not answer" in found
    assert "testbed down" in advice


@pytest.mark.parametrize(
    ("given", "level"),
    [
        ({}, "ok"),
        ({"HTTPS_PROXY": "http://proxy:1"}, "ok"),  # the testbed speaks plain HTTP
        ({"http_proxy": "http://proxy:1"}, "warning"),
        ({"ALL_PROXY": "http://proxy:1", "no_proxy": "localhost"}, "warning"),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "localhost,127.0.0.1"}, "ok"),
        ({"HTTP_PROXY": "http://proxy:1", "NO_PROXY": "*"}, "ok"),
        ({"HTTP_PROXY": ""}, "ok"),
    ],
)
def test_proxies(tmp_path: Path, given: dict[str, str], level: str) -> None:
    assert look(variables.proxies, make_place(tmp_path, **given))[0] == level


@pytest.mark.parametrize(
    ("given", "level", "found"),
    [
        ({}, "ok", "neither"),
        ({"AWS_ACCESS_KEY_ID": "test"}, "ok", "neither"),
        ({"AWS_ACCESS_KEY_ID": "AKIA"}, "warning", "keys in AWS_ACCESS_KEY_ID"),
        ({"AWS_PROFILE": "work"}, "warning", "the profile work"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "ok", "lead to"),
        ({"AWS_ENDPOINT_URL": "https://aws.example"}, "warning", "not on this machine"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_S3": "http://s3.example"},
            "warning",
            "AWS_ENDPOINT_URL_S3 lead elsewhere",
        ),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_PROFILE": "work"},
            "warning",
            "AWS_PROFILE=work",
        ),
        ({"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "warning", "has no effect"),
    ],
)
def test_aws_settings(tmp_path: Path, given: dict[str, str], level: str, found: str) -> None:
    file = str(tmp_path / "credentials")
    place = make_place(tmp_path, AWS_SHARED_CREDENTIALS_FILE=file, **given)
    said = look(variables.aws, place)
    assert said[0] == level
    assert found in said[1]


def test_default_keys_of_aws(tmp_path: Path) -> None:
    file = tmp_path / "credentials"
    place = make_place(tmp_path, AWS_SHARED_CREDENTIALS_FILE=str(file))
    file.write_text("[default]\naws_access_key_id = test\n")
    assert look(variables.aws, place)[0] == "ok"
    file.write_text("[default]\naws_access_key_id = AKIA\n")
    level, found, advice = look(variables.aws, place)
    assert level == "warning"
    assert str(file) in found
    assert "testbed env" in advice


def test_endpoint_of_another_testbed(tmp_path: Path) -> None:
    place = make_place(tmp_path, AWS_ENDPOINT_URL="http://127.0.0.1:1")
    with running_instance("http://127.0.0.1:2") as made:
        record(place.state, made)
        level, found, _ = look(variables.aws, place)
    assert level == "warning"
    assert "the testbed is at http://127.0.0.1:2" in found


def test_functions_for_another_architecture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place(tmp_path)
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
        "      CodeUri: .\n      Architectures: [arm64]\n"
    )
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    level, found, _ = look(machine.architecture, place)
    assert level == "warning"
    assert "the template has functions for arm64" in found
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    assert look(machine.architecture, place)[0] == "ok"
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert look(machine.architecture, place)[0] == "warning"


def test_docker_of_another_architecture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path)
    place.docker = {"Architecture": "x86_64"}
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert look(machine.docker_architecture, place)[0] == "warning"
    place.docker = {"Architecture": "aarch64"}
    assert look(machine.docker_architecture, place)[0] == "ok"


def test_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = make_place(tmp_path)
    assert look(machine.state_disk, place)[0] == "ok"
    monkeypatch.setattr(machine, "_LEAST_FOR_STATE", 1 << 60)
    level, found, advice = look(machine.state_disk, place)
    assert level == "problem"
    assert "GB free" in found
    assert "--state" in advice


def test_state_that_cannot_be_written(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    (tmp_path / ".testbed").write_text("a file, and no folder")
    level, found, _ = look(machine.state_disk, place)
    assert level == "problem"
    assert "cannot be written to" in found


def test_few_open_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _kind: (256, 512))
    level, found, advice = look(machine.open_files, make_place(tmp_path))
    assert (level, found) == ("warning", "a process may have 256 open")
    assert "ulimit -n 4096" in advice


@pytest.mark.parametrize(
    ("answer", "level", "found"),
    [
        ("\n", "ok", "user namespaces are granted"),
        ("unshare: Operation not permitted\n", "warning", "unshare: Operation not permitted"),
    ],
)
def test_isolation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, level: str, found: str
) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    place = make_place(tmp_path)
    assert "cannot be tried" in look(machine.isolation, place)[1]
    folder = location("runtime", environment_inputs()["runtime"])
    (folder / "lib" / "python3.13" / "site-packages").mkdir(parents=True)
    (folder / ".complete").touch()
    ended = subprocess.CompletedProcess([], 0, stdout=answer)
    monkeypatch.setattr(machine, "run", lambda *_arguments, **_options: ended)
    said = look(machine.isolation, place)
    assert said[0] == level
    assert found in said[1]


def test_shim_of_pyenv_that_runs_nothing(tmp_path: Path) -> None:
    shims = tmp_path / "shims"
    shims.mkdir()
    for name in ("python3", "python3.13"):
        shim = shims / name
        shim.write_text("#!/bin/sh\nexit 127\n")
        shim.chmod(0o755)
    place = make_place(tmp_path, PATH=str(shims))
    for check in (pythons.scripts_python, pythons.wanted_python):
        level, found, _ = look(check, place)
        assert level == "warning"
        assert "a shim of pyenv, runs no Python" in found


def test_no_python3(tmp_path: Path) -> None:
    place = make_place(tmp_path, PATH=str(tmp_path))
    assert look(pythons.scripts_python, place)[:2] == ("warning", "there is none")
    assert look(pythons.wanted_python, place)[0] == "ok"


def test_old_python3(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\necho 3.8\n")
    python.chmod(0o755)
    level, found, _ = look(pythons.scripts_python, make_place(tmp_path, PATH=str(tmp_path)))
    assert (level, found) == ("warning", f"{python} is 3.8")


def test_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))
    place = make_place(tmp_path)
    for check in (pythons.localstack_environment, pythons.runtime_environment, pythons.extension):
        level, found, advice = look(check, place)
        assert level == "warning"
        assert found.startswith("not built yet")
        assert "network" in advice
    folder = location("runtime", environment_inputs()["runtime"])
    (folder / "bin").mkdir(parents=True)
    (folder / ".complete").touch()
    (folder / "bin" / "python").symlink_to(tmp_path / "removed")
    level, found, advice = look(pythons.runtime_environment, place)
    assert level == "problem"
    assert "does not run" in found
    assert f"rm -r {folder}" in advice


def test_packages_that_were_changed(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("click==0.1 --hash=sha256:" + "0" * 64 + "\n")
    assert pythons._difference(Path(sys.executable), lock).startswith("its packages are not those")
