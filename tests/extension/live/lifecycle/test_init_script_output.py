"""The output of init scripts on a full disk."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from testbed.emulators.environments import ensure_environments
from tests.conftest import ROOT

RUN = """
import sys
from pathlib import Path
from localstack_testbed.lifecycle.init_scripts import InitScriptError, run_script
try:
    run_script(Path(sys.argv[1]), Path("/dev/full"))
except InitScriptError as error:
    print(error, file=sys.stderr)
    sys.exit(1)
"""


@pytest.mark.parametrize(("code", "status"), [(0, 0), (3, 1)])
def test_full_disk_does_not_end_a_script(tmp_path: Path, code: int, status: int) -> None:
    """SIGPIPE would kill it if nobody read its output any more."""
    script = tmp_path / "10-test.sh"
    script.write_text(f"#!/bin/sh\nyes something | head -n 20000\necho last\nexit {code}\n")
    script.chmod(0o755)
    source = str(ROOT / "extension" / "src")
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [str(ensure_environments(print).localstack_python), "-c", RUN, str(script)],
            env={**os.environ, "PYTHONPATH": source},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=100,
            check=False,
        )
    if code:
        assert "exited with status 3" in ended.stderr
        assert "last" in ended.stderr
        assert ended.returncode == status
    else:
        assert "exited with" not in ended.stderr
