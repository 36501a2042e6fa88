"""The states and logs of init scripts."""

import os
import signal
from pathlib import Path

import pytest
import requests

from testbed.errors import StartError
from tests.extension.conftest import running_localstack

LIMIT_SECONDS = 30


def states(endpoint: str) -> dict[str, str]:
    """Return the state of each script of the stage ``ready``, by its file name."""
    response = requests.get(f"{endpoint}/_localstack/init/ready", timeout=LIMIT_SECONDS)
    return {script["name"]: script["state"] for script in response.json()["scripts"]}


def write_scripts(directory: Path, scripts: dict[str, str]) -> None:
    folder = directory / "etc" / "localstack" / "init" / "ready.d"
    folder.mkdir(parents=True)
    for name, text in scripts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)


def test_init_scripts(tmp_path: Path) -> None:
    """https://docs.localstack.cloud/aws/capabilities/config/initialization-hooks/"""
    write_scripts(
        tmp_path,
        {
            "01-good.sh": "#!/bin/sh\necho to output\necho to error >&2\n",
            "02-bad.sh": "#!/bin/sh\necho about to fail\nexit 7\n",
            "03-leaves-child.sh": "#!/bin/sh\nsleep 600 &\necho $! > $0.child\necho left\n",
            "04-not-runnable.sh": "no interpreter",
            "05-good.py": "import sys\nsys.exit(0)\n",
            "06-bad.py": "import sys\nsys.exit(3)\n",
            "07-last.sh": "#!/bin/sh\necho last\n",
        },
    )
    (tmp_path / "etc/localstack/init/ready.d/04-not-runnable.sh").chmod(0o644)

    with running_localstack(tmp_path) as localstack:
        assert states(localstack.endpoint) == {
            "01-good.sh": "SUCCESSFUL",
            "02-bad.sh": "ERROR",
            "03-leaves-child.sh": "SUCCESSFUL",
            "04-not-runnable.sh": "ERROR",
            "05-good.py": "SUCCESSFUL",
            "06-bad.py": "ERROR",
            "07-last.sh": "SUCCESSFUL",
        }

    child = tmp_path / "etc/localstack/init/ready.d/03-leaves-child.sh.child"
    os.kill(int(child.read_text()), signal.SIGKILL)

    logs = {path.name: path.read_text() for path in tmp_path.glob("**/logs/init/*.log")}
    assert logs == {
        "01-good.sh.log": "to output\nto error\n",
        "02-bad.sh.log": "about to fail\n02-bad.sh exited with status 7\n",
        "03-leaves-child.sh.log": "left\n",
        "04-not-runnable.sh.log": "04-not-runnable.sh is not executable: run chmod +x on it\n",
        "05-good.py.log": "",
        "06-bad.py.log": "06-bad.py exited with status 3\n",
        "07-last.sh.log": "last\n",
    }
    output = (tmp_path / "localstack.log").read_text()
    assert "to output\n" in output
    assert "02-bad.sh exited with status 7. Its last output:\n  about to fail\n" in output
    assert "04-not-runnable.sh is not executable: run chmod +x on it" in output
    assert "06-bad.py exited with status 3" in output
    assert "Traceback" not in output


def test_localstack_exits_without_an_interpreter_for_functions(tmp_path: Path) -> None:
    """The message names the missing setting."""
    with pytest.raises(StartError), running_localstack(tmp_path, LAMBDA_PROCESS_PYTHON=""):
        pass

    output = (tmp_path / "localstack.log").read_text()
    assert "LAMBDA_PROCESS_PYTHON is not set" in output
    assert "Traceback" not in output
