from __future__ import annotations

from pathlib import Path

import pytest

from testbed.project.lines import TemplateLines

LINES = TemplateLines(
    "Parameters:\n  P: {}\nResources:\n  Api: {}\n  ApiKey:\n    Type: x\n  Queue: {}\n"
)


def test_lines_of_entries() -> None:
    assert LINES.line("Parameters", "P") == 2
    assert LINES.line("Resources", "ApiKey") == 5
    assert LINES.line("Resources", "P") is None


@pytest.mark.parametrize(
    ("logical_id", "source"),
    [("Api", "Api"), ("ApiProdStage", "Api"), ("ApiKeyRole", "ApiKey"), ("Other", None)],
)
def test_source_of_what_sam_generates(logical_id: str, source: str | None) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html"""
    assert LINES.source(logical_id) == source


@pytest.mark.parametrize("text", ["Resources: [", "[]", "", "Resources: []"])
def test_what_is_no_template_has_no_lines(tmp_path: Path, text: str) -> None:
    (tmp_path / "t").write_text(text)
    assert TemplateLines.of(tmp_path / "t").source("Api") is None
    assert TemplateLines.of(tmp_path / "missing").line("Resources", "Api") is None


def test_source_of_an_api_that_is_declared_nowhere() -> None:
    lines = TemplateLines(
        "Resources:\n  Q: {Type: AWS::SQS::Queue}\n  F:\n    Type: AWS::Serverless::Function\n"
        "    Properties: {Events: {E: {Type: HttpApi}}}\n"
    )
    assert lines.source("ServerlessHttpApiApiGatewayDefaultStage") == "F"
    assert lines.source("ServerlessRestApi") is None
    assert lines.of_type("AWS::SQS::Queue") == ["Q"]
