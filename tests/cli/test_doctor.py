"""``testbed doctor`` as a user runs it."""

from __future__ import annotations

import json

from tests.conftest import CommandLine, Deployed


def test_no_problems_with_a_running_testbed(running_testbed: Deployed) -> None:
    result = json.loads(running_testbed.command.output("doctor", "--json"))
    assert result["problems"] == 0
    findings = {finding["subject"]: finding for finding in result["findings"]}
    assert running_testbed.endpoint_url in findings["running testbed"]["found"]
    for subject in ("environment of LocalStack", "environment of the functions", "project"):
        assert findings[subject]["level"] == "ok"


def test_script_that_stops_the_testbed(copied: CommandLine) -> None:
    script = copied.project / "init" / "ready.d" / "10-deploy.sh"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))
    script.chmod(0o644)
    result = copied.run("doctor")
    assert result.returncode == 1
    assert "✗ init scripts: execute permission" in result.stdout
    assert "→ chmod +x init/ready.d/10-deploy.sh" in result.stdout
    assert "✗ init scripts: line endings" in result.stdout
    assert (
        "Fix these problems before `testbed up`: init scripts: execute permission, init"
        in result.stderr
    )
    assert "Traceback" not in result.stderr
