"""A place for the checks of ``testbed doctor`` that holds what a test puts there."""

from __future__ import annotations

from pathlib import Path

from testbed.doctor.finding import Check, Finding
from testbed.doctor.place import Place
from testbed.session import Session


def make_place(root: Path, **variables: str) -> Place:
    """Return a place with a small project, and no variables but these."""
    (root / "samconfig.toml").write_text('[default.deploy.parameters]\nstack_name = "small"\n')
    (root / "template.yaml").write_text("Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n")
    return Place(Session(root), {"HOME": str(root), **variables})


def look(check: Check, place: Place) -> tuple[str, str, str]:
    """Return a check's level, finding and advice; there must be one."""
    finding = check(place)
    assert isinstance(finding, Finding)
    return finding.level, finding.found, finding.advice
