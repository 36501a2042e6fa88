"""The contract of which package of the extension may import which."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

_EXTENSION = ROOT / "extension"


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("hooks/on_import.py", "localstack_testbed.requests.callers"),
        ("journal/journal.py", "localstack_testbed.limits.model"),
        ("limits/model.py", "localstack_testbed.access.hosts"),
        ("sns/delivery.py", "localstack_testbed.schedules.delivery"),
        ("sns/delivery.py", "localstack_testbed.registration"),
        ("kms.py", "localstack_testbed.hooks"),  # it has to be given a place
    ],
    ids=[
        "up from hooks",
        "up from the journal",
        "between rules",
        "between services",
        "up to the registration",
        "new package",
    ],
)
def test_contract_is_broken_by_an_import_in_another_direction(
    tmp_path: Path, module: str, imported: str
) -> None:
    pytest.importorskip("importlinter")  # it comes with what ./scripts/lint needs
    source = tmp_path / "src"
    shutil.copytree(_EXTENSION / "src", source)
    with (source / "localstack_testbed" / module).open("a", encoding="utf-8") as file:
        file.write(f"\nimport {imported}\n")
    ended = subprocess.run(
        [
            str(Path(sys.executable).with_name("lint-imports")),
            "--no-cache",
            str(_EXTENSION / "pyproject.toml"),
        ],
        env={**os.environ, "PYTHONPATH": str(source)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "BROKEN" in ended.stdout
