"""Local files that templates name, and functions that cannot be deployed.

https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
"""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from testbed.errors import ProjectError
from testbed.project.functions import Build, FunctionCheck
from testbed.project.local_files import TemplateFiles, template_files
from testbed.project.problems import raise_problems

FUNCTION = "AWS::Serverless::Function"
PYTHON = {"Runtime": "python3.13", "Handler": "app.handler"}


def found(
    folder: Path,
    resources: str | dict[str, Any],
    check: FunctionCheck = "runs here",
    **parameters: str,
) -> TemplateFiles:
    """Write a template, a whole one or only its resources, and search it."""
    path = folder / "template.yaml"
    text = resources if isinstance(resources, str) else json.dumps({"Resources": resources})
    path.write_text(text)
    return template_files(path, parameters, "eu-central-1", check)


def problems(template: TemplateFiles) -> list[str]:
    return [str(problem) for problem in template.all_problems()]


def function(**properties: Any) -> dict[str, Any]:
    return {"F": {"Type": FUNCTION, "Properties": {**PYTHON, **properties}}}


def test_code_is_found_and_replaced(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    template = found(
        tmp_path,
        "Globals: {Function: {CodeUri: src/, Runtime: python3.13, Architectures: [arm64]}}\n"
        "Resources:\n"
        "  Inherits: {Type: AWS::Serverless::Function}\n"
        "  Own: {Type: AWS::Serverless::Function, Properties: {Architectures: [x86_64]}}\n"
        "  Plain: {Type: AWS::Lambda::Function, Properties: {Code: src, Runtime: python3.13}}\n"
        "  Remote: {Type: AWS::Serverless::Function, Properties: {CodeUri: 's3://b/k'}}\n"
        "  Inline: {Type: AWS::Lambda::Function, Properties: {Code: {ZipFile: x}}}\n"
        "  Queue: {Type: AWS::SQS::Queue}\n",
    )
    assert problems(template) == []
    builds = {code.logical_id: code.build for code in template.code()}
    assert {name: build and build.architecture for name, build in builds.items()} == {
        "Inherits": "arm64", "Own": "x86_64", "Plain": "x86_64", "Globals": "x86_64",
    }  # fmt: skip
    for code in template.code():
        code.replace({"Key": code.form})
    resources = template.document["Resources"]
    assert resources["Inherits"]["Properties"]["CodeUri"] == {"Key": "CodeUri"}
    assert resources["Plain"]["Properties"]["Code"] == {"Key": "Code"}
    assert resources["Remote"]["Properties"]["CodeUri"] == "s3://b/k"
    assert resources["Inline"]["Properties"]["Code"] == {"ZipFile": "x"}
    assert template.document["Globals"]["Function"]["CodeUri"] == {"Key": "CodeUri"}


def test_function_without_code_has_the_templates_folder(tmp_path: Path) -> None:
    """``sam build``: "CodeUri … missing. Using the current folder"."""
    assert [code.path for code in found(tmp_path, function()).code()] == [tmp_path]
    assert [*found(tmp_path, function(InlineCode="x")).code()] == []


def test_code_can_be_a_zip_or_another_file(tmp_path: Path) -> None:
    (tmp_path / "app.py").touch()
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("app.py", "")
    (tmp_path / "broken.zip").write_text("x")
    for name in ("app.py", "f.zip"):
        assert [code.path.name for code in found(tmp_path, function(CodeUri=name)).code()] == [name]
    assert problems(found(tmp_path, function(CodeUri="broken.zip"))) == [
        "template.yaml:1: F: CodeUri names broken.zip, which is not a zip file."
    ]


def test_missing_code(tmp_path: Path) -> None:
    assert problems(found(tmp_path, function(CodeUri="none"))) == [
        "template.yaml:1: F: CodeUri names none, which does not exist."
    ]


@pytest.mark.parametrize(
    ("kind", "name", "form"),
    [
        ("AWS::Serverless::Api", "DefinitionUri", "s3"),
        ("AWS::Serverless::HttpApi", "DefinitionUri", "s3"),
        ("AWS::Serverless::StateMachine", "DefinitionUri", "CodeUri"),
        ("AWS::ApiGateway::RestApi", "BodyS3Location", "CodeUri"),
        ("AWS::StepFunctions::StateMachine", "DefinitionS3Location", "CodeUri"),
    ],
)
def test_definitions_are_found(tmp_path: Path, kind: str, name: str, form: str) -> None:
    (tmp_path / "definition.yaml").touch()
    template = found(tmp_path, {"R": {"Type": kind, "Properties": {name: "definition.yaml"}}})
    assert [(file.path.name, file.form) for file in template.files] == [("definition.yaml", form)]
    (tmp_path / "definition.yaml").unlink()
    assert problems(
        found(tmp_path, {"R": {"Type": kind, "Properties": {name: "definition.yaml"}}})
    ) == [f"template.yaml:1: R: {name} names definition.yaml, which does not exist."]


def test_includes_are_found_at_every_level(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html"""
    (tmp_path / "part.yaml").touch()
    template = found(
        tmp_path,
        "Resources:\n"
        "  Api:\n"
        "    Type: AWS::Serverless::Api\n"
        "    Properties:\n"
        "      DefinitionBody:\n"
        "        - Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}\n"
        "        - !Transform {Name: AWS::Include, Parameters: {Location: 's3://b/k'}}\n"
        "  Lost:\n"
        "    Fn::Transform: {Name: AWS::Include, Parameters: {Location: none.yaml}}\n",
    )
    assert [(file.path.name, file.form) for file in template.files] == [("part.yaml", "s3")]
    assert problems(template) == [
        "template.yaml:8: Lost: Location names none.yaml, which does not exist."
    ]


def test_nested_templates_are_searched_with_their_parameters(tmp_path: Path) -> None:
    (tmp_path / "child" / "src").mkdir(parents=True)
    (tmp_path / "child" / "template.yaml").write_text(
        "Parameters: {Word: {Type: String}}\n"
        "Resources:\n"
        "  F: {Type: AWS::Serverless::Function, Properties: {Runtime: !Ref Word, CodeUri: src}}\n"
    )
    child = {"Location": "child/template.yaml", "Parameters": {"Word": "python3.13"}}
    resources: Any = {"Child": {"Type": "AWS::Serverless::Application", "Properties": child}}
    template = found(tmp_path, resources)
    assert problems(template) == []
    assert [code.path for code in template.code()] == [tmp_path / "child" / "src"]
    child["Parameters"] = {"Word": "ruby3.4"}
    [problem] = problems(found(tmp_path, resources))
    assert problem.startswith("template.yaml:3: F has the runtime ruby3.4")


def test_nested_templates_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("Resources: [")
    stack = "AWS::CloudFormation::Stack"
    texts = problems(
        found(
            tmp_path,
            {
                "Broken": {"Type": stack, "Properties": {"TemplateURL": "broken.yaml"}},
                "Self": {"Type": stack, "Properties": {"TemplateURL": "./template.yaml"}},
                "Folder": {"Type": stack, "Properties": {"TemplateURL": "."}},
                "Remote": {"Type": stack, "Properties": {"TemplateURL": "https://s3/b/k"}},
            },
        )
    )
    assert "broken.yaml is not valid YAML" in texts[0]
    assert "Self: TemplateURL names ./template.yaml, in which it is nested" in texts[1]
    assert "Folder: TemplateURL names ., which is a folder" in texts[2]
    assert len(texts) == 3


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"PackageType": "Image"}, "F is a container image, and container images need Docker"),
        ({"ImageUri": "x:1"}, "F is a container image"),
        ({"Runtime": "nodejs22.x"}, "F has the runtime nodejs22.x, which is not available here"),
        ({"Runtime": "provided.al2023"}, "F has the runtime provided.al2023"),
        ({"Runtime": "python3.7"}, "set Runtime: python3.13"),
        ({"Runtime": {"Ref": "Choice"}}, "F has the runtime java21"),
    ],
)
def test_functions_that_do_not_run_here(
    tmp_path: Path, properties: dict[str, Any], text: str
) -> None:
    document = {
        "Parameters": {"Choice": {"Type": "String", "Default": "java21"}},
        "Resources": function(**properties, InlineCode="x"),
    }
    [problem] = problems(found(tmp_path, json.dumps(document)))
    assert text in problem
    assert problem.startswith("template.yaml:1: ")
    # AWS runs them, and nothing has to be built.
    assert problems(found(tmp_path, json.dumps(document), "is built here")) == []


def test_functions_with_a_false_condition_are_left_out(tmp_path: Path) -> None:
    text = (
        "Parameters: {OnAws: {Type: String, Default: 'false'}}\n"
        "Conditions:\n"
        "  IsAws: !Equals [!Ref OnAws, 'true']\n"
        "  Both: !And [!Condition IsAws, !Not [!Equals [!Ref AWS::Region, x]]]\n"
        "Resources:\n"
        "  F: {Type: AWS::Serverless::Function, Condition: Both, Properties: {Runtime: ruby3.4}}\n"
    )
    assert problems(found(tmp_path, text)) == []
    assert "runtime ruby3.4" in problems(found(tmp_path, text, OnAws="true"))[0]


def test_all_problems_are_listed_with_their_lines(tmp_path: Path) -> None:
    text = (
        "Parameters:\n"
        "  Name: {Type: String}\n"
        "Resources:\n"
        "  A: {Type: AWS::Serverless::Function, Properties: {Runtime: go1.x}}\n"
        "  B: {Type: AWS::Serverless::Api, Properties: {DefinitionUri: none.yaml}}\n"
    )
    with pytest.raises(ProjectError, match="cannot be deployed: 3 problems") as caught:
        raise_problems(found(tmp_path, text).all_problems())
    lines = [line.partition(" ")[0] for line in caught.value.details.splitlines()]
    assert lines == ["template.yaml:2:", "template.yaml:4:", "template.yaml:5:"]


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000, "template.yaml/code"])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": name}}
    for resources in (function(CodeUri=name), {"F": nested}):
        [problem] = problems(found(tmp_path, resources))
        assert "which does not exist" in problem


def test_malformed_resources_are_left_to_cloudformation(tmp_path: Path) -> None:
    assert problems(found(tmp_path, {"F": {"Type": ["a"]}})) == []


def test_builds_of_functions(tmp_path: Path) -> None:
    resources = function(CodeUri=".")
    resources["F"]["Metadata"] = {"SkipBuild": True}
    assert [code.build for code in found(tmp_path, resources).code()] == [Build(requirements=False)]
    resources["F"]["Metadata"] = {"BuildMethod": "makefile"}
    assert "F has the BuildMethod makefile" in problems(found(tmp_path, resources))[0]


def test_function_is_built_for_its_runtime(tmp_path: Path) -> None:
    resources = function(CodeUri=".", Runtime="python3.12")
    resources["F"]["Metadata"] = {"BuildMethod": "python3.12"}
    [code] = found(tmp_path, resources).code()
    assert code.build == Build(runtime="python3.12")
    resources["F"]["Metadata"] = {"BuildMethod": "python3.13"}
    assert "F has the BuildMethod python3.13" in problems(found(tmp_path, resources))[0]


def test_runtimes_of_all_functions(tmp_path: Path) -> None:
    (tmp_path / "nested.yaml").write_text(
        "Parameters: {Runtime: {Type: String}}\n"
        "Resources:\n"
        "  G:\n"
        "    Type: AWS::Lambda::Function\n"
        "    Properties: {Code: {ZipFile: x}, Runtime: !Ref Runtime}\n"
    )
    template = found(
        tmp_path,
        "Globals: {Function: {Runtime: python3.9}}\n"
        "Conditions: {Never: {'Fn::Equals': [a, b]}}\n"
        "Resources:\n"
        "  F: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}\n"
        "  Absent: {Type: AWS::Serverless::Function, Condition: Never}\n"
        "  N:\n"
        "    Type: AWS::CloudFormation::Stack\n"
        "    Properties: {TemplateURL: nested.yaml, Parameters: {Runtime: python3.14}}\n",
    )
    assert problems(template) == []
    assert template.all_runtimes() == {"F": "python3.9", "N.G": "python3.14"}


def test_builds_of_layers(tmp_path: Path) -> None:
    """https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/building-layers.html"""
    layer: dict[str, Any] = {
        "Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": "."},
    }  # fmt: skip
    [code] = found(tmp_path, {"L": layer}).code()
    assert code.build == Build(requirements=False)
    layer["Metadata"] = {"BuildMethod": "python3.13", "BuildArchitecture": "arm64"}
    [code] = found(tmp_path, {"L": layer}).code()
    assert code.build == Build("arm64", folder="python/")
    layer["Metadata"] = {"BuildMethod": "python3.10"}
    [code] = found(tmp_path, {"L": layer}).code()
    assert code.build == Build(folder="python/", runtime="python3.10")
    layer["Metadata"] = {"BuildMethod": "nodejs22.x"}
    assert (
        "The layer L has the BuildMethod nodejs22.x" in problems(found(tmp_path, {"L": layer}))[0]
    )


@pytest.mark.parametrize(
    ("layer", "advice"),
    [
        (
            {"Fn::Sub": "arn:aws:lambda:${AWS::Region}:017000801446:layer:AWSLambdaPowertools:7"},
            "add its packages (aws-lambda-powertools) to requirements.txt",
        ),
        ("arn:aws:lambda:eu-central-1:175033217214:layer:magick:2", "add its packages to"),
    ],
)
def test_layer_of_another_account(tmp_path: Path, layer: Any, advice: str) -> None:
    code = {"InlineCode": "x"}
    (problem,) = problems(found(tmp_path, function(Layers=[{"Ref": "Own"}, layer], **code)))
    assert "which is not available here" in problem
    assert advice in problem
    own = "arn:aws:lambda:eu-central-1:000000000000:layer:own:1"
    assert problems(found(tmp_path, function(Layers=[own], **code))) == []
    assert problems(found(tmp_path, function(Layers=[layer], **code), "is built here")) == []


def test_layer_of_another_account_in_globals(tmp_path: Path) -> None:
    """Layers of Globals are added to the function's own ones."""
    layer = "arn:aws:lambda:eu-central-1:175033217214:layer:magick:2"
    resources = function(InlineCode="x", Layers=[{"Ref": "Own"}])
    template = {"Globals": {"Function": {"Layers": [layer]}}, "Resources": resources}
    assert len(problems(found(tmp_path, json.dumps(template)))) == 1


def test_folder_of_the_code_of_a_function(tmp_path: Path) -> None:
    code = tmp_path / "src"
    code.mkdir()
    function = "{Type: AWS::Serverless::Function, Properties: {Runtime: python3.13, CodeUri: src}}"
    (tmp_path / "nested.yaml").write_text(f"Resources:\n  Inner: {function}\n")
    template = tmp_path / "template.yaml"
    template.write_text(
        "Resources:\n"
        f"  Outer: {function}\n"
        "  Part: {Type: 'AWS::CloudFormation::Stack', Properties: {TemplateURL: nested.yaml}}\n"
    )
    found = template_files(template, {}, "us-east-1", "is built here")
    for logical_id in ("Outer", "Part/Inner"):
        assert found.code_folder(logical_id) == code
    for logical_id in ("Inner", "Part/Outer", "None/Inner"):
        assert found.code_folder(logical_id) is None
