"""The set-up script, as far as it can be tested without a network."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from tests.conftest import ROOT


def set_up(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the set-up script of a clone, without a package index."""
    return subprocess.run(
        [sys.executable, str(root / "scripts" / "setup.py")],
        env={**os.environ, "PIP_NO_INDEX": "1", "PYENV_ROOT": str(root / "no-pyenv")},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_second_run_does_nothing() -> None:
    set_up(ROOT)
    result = set_up(ROOT)
    assert result.returncode == 0
    assert result.stdout == ""
    assert result.stderr == ""


def test_missing_python(tmp_path: Path) -> None:
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    # The uv that it would install first, which takes time.
    own_uv = tmp_path / ".testbed" / "uv" / "bin"
    own_uv.mkdir(parents=True)
    (own_uv / "uv").symlink_to(find_uv_bin())
    script = tmp_path / "scripts" / "setup.py"
    script.write_text(script.read_text().replace('REQUIRED = "3.13"', 'REQUIRED = "3.99"'))
    result = set_up(tmp_path)
    assert result.returncode == 1
    assert "Error: Python 3.99 is required, and was found neither" in result.stderr
    assert "Install Python 3.99, and run this script again." in result.stderr
    assert "Traceback" not in result.stderr


def test_the_set_up_has_the_syntax_of_python_3_9() -> None:
    source = (ROOT / "scripts" / "setup.py").read_text()
    ast.parse(source, feature_version=(3, 9))
