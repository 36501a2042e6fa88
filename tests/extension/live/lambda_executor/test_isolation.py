"""Isolation of functions from the machine.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

Without user namespaces, functions are not isolated, and most of these tests are skipped; those at
the end run everywhere.
"""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from testbed.emulators.environments import ensure_environments, extension_source
from testbed.machine.virtual_environments import uv
from testbed.machine.waiting import until
from tests.extension.conftest import Clients, LocalStack
from tests.extension.lambda_functions import FunctionFactory, bundle
from tests.extension.processes import process_here

PROCESS_END_LIMIT = 10.0

DENIED = "PermissionError(13, 'Permission denied')"
MEGABYTE = 1024 * 1024

PATHS = """
    import os, pathlib, sys, tempfile

    def handler(event, context):
        return {
            "LAMBDA_TASK_ROOT": os.environ["LAMBDA_TASK_ROOT"],
            "LAMBDA_RUNTIME_DIR": os.environ["LAMBDA_RUNTIME_DIR"],
            "working directory": os.getcwd(),
            "file": __file__,
            "module path": sys.path[:3],
            "temporary": tempfile.gettempdir(),
        }
"""


@pytest.fixture
def isolated(functions: FunctionFactory) -> FunctionFactory:
    """Creates isolated functions; skips the test if isolation is unavailable."""
    if functions(PATHS).invoke().payload["LAMBDA_TASK_ROOT"] != "/var/task":
        pytest.skip("the kernel gives no user namespaces here: LocalStack's log says why")
    return functions


def evaluate(functions: FunctionFactory, expression: str, **arguments: Any) -> Any:
    """Evaluate an expression in a function; return its value or exception as text."""
    source = f"""
        import ctypes, mmap, os, pathlib, resource, shutil, signal, subprocess, sys, tempfile

        def handler(event, context):
            try:
                return {expression}
            except Exception as error:
                return repr(error)
    """
    return functions(source, **arguments).invoke().payload


def test_paths(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    assert isolated(PATHS).invoke().payload == {
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "working directory": "/var/task",
        "file": "/var/task/app.py",
        "module path": ["/var/task", "/opt/python/lib/python3.13/site-packages", "/opt/python"],
        "temporary": "/tmp",  # noqa: S108
    }


def test_layers_are_merged_in_opt(isolated: FunctionFactory, aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
    layers = [
        aws["lambda"].publish_layer_version(LayerName=layer, Content={"ZipFile": bundle(files)})
        for layer, files in {
            f"{name}-1": {"settings/a": "first", "settings/b": "first"},
            f"{name}-2": {"settings/b": "second", "file": "second"},
        }.items()
    ]
    expression = "[pathlib.Path('/opt', path).read_text() for path in event.split()]"
    function = isolated(
        f"""
        import pathlib

        def handler(event, context):
            return {expression}
        """,
        Layers=[layer["LayerVersionArn"] for layer in layers],
    )

    assert function.invoke("settings/a settings/b file").payload == ["first", "second", "second"]


@pytest.mark.parametrize("place", ["/var/task/app.py", "/var/task/new", "/opt/new", "/new"])
def test_only_the_temporary_folder_can_be_written(isolated: FunctionFactory, place: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    assert evaluate(isolated, f"open('{place}', 'w')") == "OSError(30, 'Read-only file system')"


def test_temporary_folder_has_the_size_of_ephemeral_storage(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""
    size = "shutil.disk_usage('/tmp').total"

    assert evaluate(isolated, size) == 512 * MEGABYTE
    assert evaluate(isolated, size, EphemeralStorage={"Size": 1024}) == 1024 * MEGABYTE


def test_full_temporary_folder(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""
    function = isolated(
        """
        import os, shutil

        def handler(event, context):
            if event == "look":
                return os.listdir("/tmp")
            with open("/tmp/file", "wb") as file:
                for _ in range(600):
                    file.write(bytes(1024 * 1024))
        """,
        timeout=60,
    )

    assert function.invoke("fill").payload["errorMessage"] == "[Errno 28] No space left on device"
    assert function.invoke("look").payload == ["file"]


def test_files_of_the_machine_are_hidden(isolated: FunctionFactory, tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-security.html"""
    secret = tmp_path / "secret"
    secret.write_text("secret")

    assert evaluate(isolated, f"os.path.exists('{secret}')") is False
    assert evaluate(isolated, "os.listdir('/tmp')") == []
    assert evaluate(isolated, f"os.path.exists('{Path(__file__)}')") is False


def test_processes_of_the_machine_are_hidden(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-security.html"""
    commands = evaluate(
        isolated,
        "[path.read_text() for path in pathlib.Path('/proc').glob('[0-9]*/cmdline')]",
    )

    assert commands
    assert not [command for command in commands if "localstack.runtime" in command]


def test_function_has_no_privilege(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-security.html"""
    assert evaluate(isolated, "[os.getuid(), os.getgid()]") == [993, 990]
    assert evaluate(isolated, "str(pathlib.Path.home())") == "/home/sbx_user1051"
    status = evaluate(isolated, "pathlib.Path('/proc/self/status').read_text()")
    capabilities = [line.split()[1] for line in status.splitlines() if line.startswith("CapEff")]
    assert [int(each, 16) for each in capabilities] == [0]
    unmount = "[ctypes.CDLL(None).umount2(b'/var/task', 2), os.path.exists('/var/task/app.py')]"
    assert evaluate(isolated, unmount) == [-1, True]


@pytest.mark.parametrize("path", ["/etc/shadow", "/etc/gshadow", "/etc/sudoers"])
def test_files_of_root_cannot_be_read(isolated: FunctionFactory, path: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-security.html"""
    if not Path(path).exists() or Path(path).stat().st_mode & stat.S_IROTH:
        pytest.skip(f"{path} is not there, or for everybody")
    assert evaluate(isolated, f"open('{path}').read()") == DENIED


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can start functions as another user")
def test_function_is_nobody_to_the_machine(
    isolated: FunctionFactory, localstack: LocalStack
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-security.html"""
    function = isolated("import os\n\ndef handler(event, context): return os.getpid()")
    process = psutil.Process(process_here(localstack.process, function.invoke().payload))

    assert set(process.uids()) == {65530}
    assert set(process.gids()) == {65530}
    status = Path(f"/proc/{process.pid}/status").read_text()
    assert "Groups:\t \n" in status


def test_function_cannot_change_the_machine(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-security.html"""
    for path in ("/proc/sys/kernel/core_pattern", "/sys/kernel/uevent_helper"):
        assert evaluate(isolated, f"os.access('{path}', os.W_OK)") is False
    assert evaluate(isolated, "pathlib.Path('/proc/1/environ').read_text()").startswith(
        "Permission"
    )
    assert evaluate(isolated, "os.setuid(0)") == "OSError(22, 'Invalid argument')"
    # The signal is denied, or ignored: a namespace's init process gets none from inside.
    evaluate(isolated, "os.kill(1, signal.SIGKILL)")
    assert evaluate(isolated, "os.getuid()") == 993


def test_standard_output_can_be_reopened(isolated: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    function = isolated(
        """
        def handler(event, context):
            with open("/dev/stdout", "w") as output:
                output.write("opened again\\n")
        """
    )
    assert "opened again" in function.invoke().tail


def test_fork_bomb_is_contained(functions: FunctionFactory, localstack: LocalStack) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html

    At most 1,024 processes and threads. Where the kernel does not count them for us (it does not
    for root), the environment ends.
    """
    function = functions(
        """
        import os, time

        def handler(event, context):
            if not event:
                return os.getpid()
            try:
                for count in range(3000):
                    if os.fork() == 0:
                        time.sleep(60)
            except BlockingIOError:
                return count
            time.sleep(20)
        """,
        timeout=30,
        MemorySize=10240,
    )
    process = psutil.Process(process_here(localstack.process, function.invoke(0).payload))

    bomb = function.invoke(1)

    assert bomb.error == "Unhandled" or bomb.payload < 1024
    if bomb.error:
        assert bomb.payload["errorType"] == "Runtime.ExitError"
        until(
            lambda: not process.is_running(),
            within=PROCESS_END_LIMIT,
            what="end of the environment",
        )
    functions.delete(function)
    until(
        lambda: len(psutil.Process(localstack.process).children(recursive=True)) < 500,
        within=PROCESS_END_LIMIT,
        what="end of the processes",
    )


def test_open_files_are_limited(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
    limit = evaluate(functions, "resource.getrlimit(resource.RLIMIT_NOFILE)")

    assert limit == [1024, 1024]


@pytest.fixture
def shared_machine(reconfigured_functions: FunctionFactory) -> FunctionFactory:
    """Creates functions that are not isolated."""
    return reconfigured_functions


def test_paths_without_isolation(shared_machine: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    paths = shared_machine(PATHS).invoke().payload

    root = paths["LAMBDA_TASK_ROOT"]
    assert Path(root).is_dir()
    assert paths["working directory"] == root
    assert paths["module path"][0] == root
    assert paths["file"] == f"{root}/app.py"
    assert Path(paths["temporary"]).is_dir()


def test_layers_without_isolation(
    shared_machine: FunctionFactory, reconfigured_aws: Clients, name: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
    client = reconfigured_aws["lambda"]
    layers = [
        client.publish_layer_version(LayerName=layer, Content={"ZipFile": bundle(files)})
        for layer, files in {
            f"{name}-1": {"python/one.py": "NAME = 'first'", "python/both.py": "NAME = 'first'"},
            f"{name}-2": {"python/both.py": "NAME = 'second'", "bin/tool": "#!/bin/sh\necho tool"},
        }.items()
    ]
    function = shared_machine(
        """
        import subprocess
        import both, one

        def handler(event, context):
            tool = subprocess.run(["tool"], capture_output=True, text=True, check=True)
            return [one.NAME, both.NAME, tool.stdout]
        """,
        Layers=[layer["LayerVersionArn"] for layer in layers],
    )

    assert function.invoke().payload == ["first", "second", "tool\n"]


def test_file_is_limited_without_isolation(shared_machine: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html"""
    expression = "os.truncate(tempfile.mkstemp()[1], 512 * 1024 * 1024 + 1)"

    assert evaluate(shared_machine, expression) == "OSError(27, 'File too large')"


def test_temporary_folder_is_deleted_with_its_environment(shared_machine: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html"""
    function = shared_machine(PATHS)
    folder = Path(function.invoke().payload["temporary"])
    assert folder.is_dir()

    shared_machine.delete(function)

    until(lambda: not folder.exists(), within=PROCESS_END_LIMIT, what="deletion of its folder")


TRIAL = """
import sys
from pathlib import Path
from localstack_testbed.lambda_executor.supervisor.isolation import why_unavailable
print(why_unavailable(Path(sys.argv[1]), Path(sys.argv[2])))
"""


def trial(python: Path, folder: Path) -> str:
    """Return why functions of an interpreter cannot be isolated, or ``None`` as text."""
    root = folder / "root"
    root.mkdir()
    packages = next(python.parent.parent.glob("lib/python3.*/site-packages"))
    return subprocess.run(
        [str(python), "-s", "-c", TRIAL, str(root), str(packages)],
        env={"PYTHONPATH": str(extension_source() / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_interpreter_in_a_folder_that_is_a_link(tmp_path: Path) -> None:
    """Virtual environments of uv's own Pythons name ``cpython-3.13-…``, a link to the release."""
    usual = tmp_path / "usual"
    usual.mkdir()
    if (reason := trial(ensure_environments(print).runtime_python, usual)) != "None":
        pytest.skip(f"functions cannot be isolated here: {reason}")
    linked = tmp_path / "cpython-3.13"
    linked.symlink_to(sys.base_prefix)
    uv("venv", "--python", str(linked / "bin" / "python3"), str(tmp_path / "environment"))
    assert trial(tmp_path / "environment" / "bin" / "python", tmp_path) == "None"
