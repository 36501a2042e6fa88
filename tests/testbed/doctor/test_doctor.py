"""What holds for all checks of ``testbed doctor``, and for what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed import doctor
from testbed.doctor import report, running
from testbed.doctor.finding import Finding, Level, looks_at, ok, problem, warning
from testbed.doctor.place import Place
from testbed.errors import TestbedError
from testbed.session import Session
from testbed.terminal.console import output
from tests.testbed.doctor.doctoring import look, make_place


def test_check_that_cannot_look_says_so(tmp_path: Path) -> None:
    @looks_at("the moon")
    def moon(place: Place) -> Finding:
        raise PermissionError(13, "Permission denied")

    finding = moon(make_place(tmp_path))
    assert finding == Finding(
        Level.WARNING,
        "cannot be looked at: [Errno 13] Permission denied",
        subject="the moon",
    )


def test_whatever_is_not_well_comes_with_advice(tmp_path: Path) -> None:
    findings = doctor.examine(Place(Session(tmp_path), {"PATH": str(tmp_path)}))
    assert {finding.subject for finding in findings} >= {"project", "port", "Docker daemon"}
    for finding in findings:
        assert finding.found
        cannot_look = finding.found.startswith("cannot be looked at")
        assert bool(finding.advice) == (finding.level is not Level.OK) or cannot_look


def test_no_project(tmp_path: Path) -> None:
    level, found, advice = look(running.project, Place(Session(tmp_path), {}))
    assert level == "problem"
    assert "There is no samconfig.toml" in found
    assert "--project" in advice


def test_report_for_people_and_programs() -> None:
    findings = [
        Finding(Level.OK, "is [fine]", subject="a"),
        Finding(Level.WARNING, "is odd", "mend it", subject="bb"),
    ]
    with output.capture() as capture:
        report.print_findings(findings)
    assert capture.get().splitlines() == [
        "✓ a   is [fine]",
        "! bb  is odd",
        "      → mend it",
    ]
    assert report.as_json(findings) == {
        "problems": 0,
        "warnings": 1,
        "findings": [
            {"level": "ok", "found": "is [fine]", "advice": "", "subject": "a"},
            {"level": "warning", "found": "is odd", "advice": "mend it", "subject": "bb"},
        ],
    }


def test_only_problems_fail() -> None:
    report.check([ok("fine"), warning("odd", "mend it")])
    with pytest.raises(TestbedError, match="stopped by"):
        report.check([problem("broken", "mend it")])
