"""``docker compose up``, without the command ``testbed``."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest

from testbed.aws.clients import Aws
from testbed.machine.waiting import until
from tests.compose.conftest import START_LIMIT_SECONDS, Clone, cloned, output_of

NOBODY = 65534
# Whom docker-compose.yml names, unless TESTBED_USER does.
USER = 1000
LISTENING = "0A"


def command_in(clone: Clone, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the clone, as a user does who has started the container by Compose."""
    return subprocess.run(
        [sys.executable, "-m", "testbed", "--project", str(clone.root), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def assert_pipeline_works(clone: Clone) -> None:
    aws = Aws(f"http://127.0.0.1:{clone.port}", "us-east-1")
    [stack] = aws.cloudformation.describe_stacks(StackName="website-monitor")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    answer = aws.lambda_.invoke(FunctionName="website-monitor", Payload=b"{}")
    assert "FunctionError" not in answer


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone whose container is healthy, and which no test changes."""
    with cloned(tmp_path_factory.mktemp("running")) as clone:
        clone.compose("up", "--detach", "--build")
        clone.await_health("healthy")
        # At once: the schedule may check the sites at any time, and an outage is emailed only once.
        assert "Confirmed the subscription of " in command_in(clone, "inbox", "confirm").stderr
        yield clone


def test_healthy_container_is_a_pipeline_for_all_commands(running: Clone) -> None:
    clone = running
    assert_pipeline_works(clone)
    status = command_in(clone, "status")
    assert f"http://127.0.0.1:{clone.port}" in status.stdout
    assert "website-monitor Active" in status.stdout
    assert "Fired cron-rule" in command_in(clone, "tick").stderr
    assert "is DOWN" in until(
        lambda: command_in(clone, "inbox").stdout, within=START_LIMIT_SECONDS, what="email"
    )
    assert "REPORT" in command_in(clone, "logs").stdout
    assert "in a container" in command_in(clone, "up", "--port", str(clone.port)).stderr


def test_broken_init_script_makes_it_unhealthy_and_says_why(clone: Clone) -> None:
    clone.break_init_script()
    clone.compose("up", "--detach", "--build")

    health = clone.await_health("unhealthy")

    said = health["Log"][-1]["Output"]
    assert "The init script 20-broken.sh failed." in said
    assert "the queue is on fire" in said
    assert "20-broken.sh exited with status 3" in said
    log = clone.container().logs().decode()
    assert "20-broken.sh exited with status 3. Its last output:\n  the queue is on fire" in log
    # That it is asked for its health again and again is not of interest.
    assert "GET /_localstack/init" not in log


def test_down_and_up_again(clone: Clone) -> None:
    clone.compose("up", "--detach", "--build")
    clone.await_health("healthy")
    assert "has stopped" in command_in(clone, "down").stderr
    assert clone.containers() == []
    assert "not running" in command_in(clone, "status").stderr
    clone.compose("up", "--detach")
    clone.await_health("healthy")
    assert_pipeline_works(clone)


@pytest.mark.parametrize("what", ["container", "process"])
def test_up_after_a_kill(clone: Clone, what: str) -> None:
    clone.compose("up", "--detach", "--build")
    clone.await_health("healthy")
    if what == "container":
        clone.container().kill("KILL")
    else:
        psutil.Process(clone.container().attrs["State"]["Pid"]).kill()
    until(
        lambda: clone.container().status == "exited",
        within=START_LIMIT_SECONDS,
        what="end of the container",
    )
    clone.compose("up", "--detach")
    clone.await_health("healthy")
    assert_pipeline_works(clone)


def test_repaired_init_script_needs_a_restart_only(clone: Clone) -> None:
    clone.break_init_script()
    clone.compose("up", "--detach", "--build")
    clone.await_health("unhealthy")
    clone.repair_init_script()
    clone.compose("restart")
    clone.await_health("healthy")


def test_nothing_listens_on_other_addresses(running: Clone) -> None:
    """Seen as any user sees it: from the addresses of this machine, and in /proc/net/tcp."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=5):
        pass
    addresses = [
        address.address
        for interface in psutil.net_if_addrs().values()
        for address in interface
        if address.family == socket.AF_INET and not address.address.startswith("127.")
    ]
    assert addresses  # the bridge's, at least
    for address in addresses:
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((address, running.port), timeout=5).close()
    tables = subprocess.run(
        ["cat", "/proc/net/tcp", "/proc/net/tcp6"],
        capture_output=True,
        text=True,
        check=True,
        user=NOBODY if os.geteuid() == 0 else None,
    ).stdout
    # https://docs.kernel.org/networking/proc_net_tcp.html
    rows = [line.split() for line in tables.splitlines() if "local_address" not in line]
    sockets = [row[1].split(":") for row in rows if row[3] == LISTENING]
    assert {address for address, port in sockets if int(port, 16) == running.port} == {"0100007F"}


def test_container_has_no_privileges_that_it_does_not_need(running: Clone) -> None:
    container = running.container()
    settings = container.attrs["HostConfig"]
    assert not settings["Privileged"]
    assert any(option.startswith("no-new-privileges") for option in settings["SecurityOpt"])
    mounts = {mount["Destination"]: mount for mount in container.attrs["Mounts"]}
    assert set(mounts) == {
        "/etc/localstack/init",
        "/opt/testbed/project",
        "/var/lib/localstack",
    }
    assert not mounts["/etc/localstack/init"]["RW"]
    assert not mounts["/opt/testbed/project"]["RW"]
    assert mounts["/var/lib/localstack"]["Type"] == "volume"
    assert settings["ReadonlyRootfs"]
    # https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
    lines = output_of(running, "cat", "/proc/1/status").splitlines()
    status = dict(line.split(":\t", 1) for line in lines)
    assert {int(status[kind], 16) for kind in ("CapEff", "CapPrm", "CapBnd")} == {0}
    assert status["Uid"].split() == [str(USER)] * 4


def test_layout_is_that_of_localstacks_images(running: Clone) -> None:
    """https://docs.localstack.cloud/aws/capabilities/config/filesystem/"""
    queues = json.loads(output_of(running, "awslocal", "sqs", "list-queues"))["QueueUrls"]
    assert any(url.endswith("/incident-queue") for url in queues)
    assert output_of(running, "python", "-c", "import sys; print(sys.prefix)") == (
        "/opt/code/localstack/.venv\n"
    )
    assert "ready.d" in output_of(running, "ls", "/etc/localstack/init")
    assert "logs" in output_of(running, "ls", "/var/lib/localstack")


def test_https_with_the_certificate_of_this_start(running: Clone) -> None:
    certificate = output_of(running, "sh", "-c", "cat $HOME/certificate.pem.crt")
    context = ssl.create_default_context(cadata=certificate)
    with (
        socket.create_connection(("127.0.0.1", running.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        assert secure.version() == "TLSv1.3"


def test_override_mounts_the_socket_for_containers_of_functions(clone: Clone) -> None:
    """That functions then run in AWS's images is not seen here: those need a registry."""
    files = ("--file", "docker-compose.yml", "--file", "docker/lambda-containers.yml")
    config = clone.compose(*files, "config")
    assert "LAMBDA_RUNTIME_EXECUTOR: docker" in config
    assert "user: '0:0'" in config or "user: 0:0" in config
    assert "/var/run/docker.sock" in config
    assert "/var/run/docker.sock" not in clone.compose("config")


def test_namesake_is_not_replaced(clone: Clone) -> None:
    """Compose knows a project by its folder's name, wherever that folder is."""
    clone.compose("up", "--detach", "--build")
    namesake = Clone(clone.root.parent / "elsewhere" / clone.root.name, clone.port)
    shutil.copytree(clone.root, namesake.root)

    rejected = command_in(namesake, "up", "--docker")

    assert rejected.returncode == 1
    assert f"is already running from {clone.root}" in rejected.stderr
    assert namesake.containers() == []
    assert clone.container().status == "running"
