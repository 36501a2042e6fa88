"""Terminals and pipes with limitations: the command still works, without a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LIMIT_SECONDS = 60.0


def run(
    folder: Path, *arguments: str, script: str = 'exec "$@"', **variables: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a folder, in a shell."""
    return subprocess.run(
        ["sh", "-c", script, "sh", sys.executable, "-m", "testbed", *arguments],
        env={**os.environ, "TESTBED_STATE": str(folder / "state"), **variables},
        cwd=folder,
        capture_output=True,
        timeout=LIMIT_SECONDS,
        stdin=subprocess.DEVNULL,
        check=False,
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_encoding_without_check_marks(tmp_path: Path, encoding: str) -> None:
    result = run(tmp_path, "doctor", PYTHONIOENCODING=encoding, LC_ALL="C")

    assert b"\\u2713 " in result.stdout  # ✓
    assert b"Traceback" not in result.stderr


def test_closed_output(tmp_path: Path) -> None:
    result = run(tmp_path, "--version", script='exec "$@" >&-')

    assert (result.returncode, result.stderr) == (0, b"")
