"""The extension in another release of LocalStack: it stays off.

There is none here that could be run; this one is made to say that it is another.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest

from testbed.emulators.environments import ensure_environments
from testbed.errors import StartError
from tests.extension.conftest import running_localstack


@pytest.fixture
def another_release(tmp_path: Path) -> str:
    """A ``PYTHONPATH`` on which LocalStack's distribution claims a newer release."""
    metadata = tmp_path / "fake" / "localstack_core-2026.11.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: localstack-core\nVersion: 2026.11.0\n"
    )
    return os.pathsep.join([str(metadata.parent), str(ensure_environments(print).extension)])


def test_extension_warns_and_stays_off(another_release: str, tmp_path: Path) -> None:
    executor = "docker"
    with running_localstack(tmp_path, PYTHONPATH=another_release, LAMBDA_RUNTIME_EXECUTOR=executor):
        pass
    output = (tmp_path / "localstack.log").read_text()
    assert "works with LocalStack 2026.3.0 only, and this is 2026.11.0: all of it is off" in output
    assert "Traceback" not in output


def test_process_executor_is_rejected(another_release: str, tmp_path: Path) -> None:
    with (
        pytest.raises(StartError),
        running_localstack(tmp_path, PYTHONPATH=another_release),
    ):
        pass
    output = (tmp_path / "localstack.log").read_text()
    assert "needs LocalStack 2026.3.0, and this is 2026.11.0: set LAMBDA_RUNTIME_EXECUTOR" in output


def test_what_is_installed_of_localstack_is_open_source() -> None:
    """Later builds of localstack-core on PyPI are not (``LicenseRef-All-Rights-Reserved``)."""
    code = """
import json
from importlib.metadata import distributions

found = {}
for each in distributions():
    names = (each.name, each.metadata["Author-email"] or "", each.metadata["Home-page"] or "")
    if any("localstack" in name for name in names):
        metadata = each.metadata
        license = metadata["License-Expression"] or metadata["License"]
        found[each.name] = license.strip().splitlines()[0]
print(json.dumps(found))
"""
    python = str(ensure_environments(print).localstack_python)
    ended = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout) == {
        "airspeed_ext": "BSD",
        "localstack-core": "Apache-2.0",
        "localstack-twisted": "MIT License",
        "moto-ext": "Apache-2.0",
        "plux": "Apache-2.0",
        "rolo": "Apache License",
    }
