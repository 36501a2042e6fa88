"""What holds for all checks of ``testbed doctor``, and for what it prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed import doctor
from testbed.doctor import project, report
from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, Level, checks, ok, problem, warning
from testbed.errors import TestbedError
from testbed.session import Session
from testbed.terminal.console import output
from tests.testbed.doctor.doctoring import make_context, run


def test_check_that_fails_is_a_warning(tmp_path: Path) -> None:
    @checks("the moon")
    def moon(context: Context) -> Finding:
        raise PermissionError(13, "Permission denied")

    finding = moon(make_context(tmp_path))
    assert finding == Finding(
        Level.WARNING,
        "the check failed: [Errno 13] Permission denied",
        subject="the moon",
    )


def test_warnings_and_problems_have_advice(tmp_path: Path) -> None:
    findings = doctor.examine(Context(Session(tmp_path), {"PATH": str(tmp_path)}))
    assert {finding.subject for finding in findings} >= {"project", "port", "Docker daemon"}
    for finding in findings:
        assert finding.found
        failed = finding.found.startswith("the check failed")
        assert bool(finding.advice) == (finding.level is not Level.OK) or failed


def test_no_project(tmp_path: Path) -> None:
    level, found, _ = run(project.project, Context(Session(tmp_path), {}))
    assert level == "ok"
    assert "starts an empty LocalStack" in found


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("template.yaml", "Resources: {", "is not valid YAML"),
        ("template.yaml", "Resource: {}", "has no Resources"),
        (
            "template.yaml",
            "Resources: {F: {Type: AWS::Serverless::Function, Properties: {CodeUri: none}}}",
            "names none, which does not exist",
        ),
        ("pyproject.toml", '[[tool.testbed.uploads]]\nfile = "a"\noutput = "b"', "cannot be read"),
    ],
)
def test_files_that_cannot_be_deployed(tmp_path: Path, name: str, content: str, found: str) -> None:
    context = make_context(tmp_path)
    assert run(project.deployment, context) == ("ok", "template.yaml", "")
    (tmp_path / name).write_text(content)
    level, said, advice = run(project.deployment, Context(Session(tmp_path), {}))
    assert level == "problem"
    assert found in said
    assert advice


def test_missing_parameters_are_a_warning(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    (tmp_path / "template.yaml").write_text(
        "Parameters: {Email: {Type: String}, Stage: {Type: String, Default: test}}\n"
        "Resources: {Topic: {Type: AWS::SNS::Topic}}"
    )
    level, found, advice = run(project.deployment, context)
    assert level == "warning"
    assert found == "template.yaml has parameters without a value and a default: Email"
    assert "--config-env" in advice


def test_missing_template(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    (tmp_path / "template.yaml").unlink()
    level, found, _ = run(project.project, context)
    assert (level, found) == ("problem", f"There is no template in {tmp_path}.")
    assert project.deployment(context) is None


def test_template_that_is_not_yaml_is_reported_once(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    (tmp_path / "template.yaml").write_text("Resources: {")
    findings = doctor.examine(context)
    assert [each.subject for each in findings if "YAML" in each.found] == ["deployed files"]


def test_report_for_people_and_programs() -> None:
    findings = [
        Finding(Level.OK, "is [fine]", subject="a"),
        Finding(Level.WARNING, "is odd", "fix it", subject="bb"),
    ]
    with output.capture() as capture:
        report.print_findings(findings)
    assert capture.get().splitlines() == [
        "✓ a   is [fine]",
        "! bb  is odd",
        "      → fix it",
    ]
    assert report.as_json(findings) == {
        "problems": 0,
        "warnings": 1,
        "findings": [
            {"level": "ok", "found": "is [fine]", "advice": "", "subject": "a"},
            {"level": "warning", "found": "is odd", "advice": "fix it", "subject": "bb"},
        ],
    }


def test_only_problems_fail() -> None:
    report.raise_problems([ok("fine"), warning("odd", "fix it")])
    with pytest.raises(TestbedError, match="Fix these problems before `testbed up`: "):
        report.raise_problems([problem("broken", "fix it")])
