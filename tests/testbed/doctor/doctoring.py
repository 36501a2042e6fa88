"""A small project for the checks of ``testbed doctor``, and the variables of a test."""

from __future__ import annotations

from pathlib import Path

from testbed.doctor.context import Context
from testbed.doctor.finding import Check, Finding
from testbed.emulators import instance
from testbed.emulators.instance import Instance
from testbed.session import Session


def make_context(root: Path, **variables: str) -> Context:
    """Return the context of a small project, with no environment variables but these."""
    (root / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "small"\n')
    (root / "template.yaml").write_text("Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n")
    return Context(Session(root), {"HOME": str(root), **variables})


def run(check: Check, context: Context) -> tuple[str, str, str]:
    """Return a check's level, finding and advice; there must be one."""
    finding = check(context)
    assert isinstance(finding, Finding)
    return finding.level, finding.found, finding.advice


def record(state: Path, running: Instance) -> None:
    """Write the record of a testbed that was started."""
    state.mkdir(exist_ok=True)
    instance.save(running, state)
