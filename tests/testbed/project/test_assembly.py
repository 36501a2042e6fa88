"""The stacks of a CDK app: ``cdk.out`` as ``cdk synth`` has written it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from testbed.deployment.deploy import check, check_all
from testbed.errors import ProjectError
from testbed.project.discovery import Selection, find_project, find_root, has_project
from testbed.project.project import Project
from tests.conftest import ROOT

APP = ROOT / "tests" / "cdk"
QUEUE = {"Type": "AWS::SQS::Queue"}


def stack(
    *needs: str, name: str | None = None, environment: str = "aws://unknown-account/unknown-region"
) -> dict[str, Any]:
    named = {"stackName": name} if name else {}
    return {
        "type": "aws:cloudformation:stack",
        "environment": environment,
        "properties": {"templateFile": "any.template.json", **named},
        "dependencies": [*needs],
    }


def assembly(folder: Path, artifacts: dict[str, Any], **others: Any) -> Path:
    """Write an assembly, all of whose stacks have the same template."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts, **others}))
    template = {"Parameters": {"Word": {"Type": "String", "Default": "tea"}},
                "Resources": {"Queue": QUEUE}}  # fmt: skip
    (folder / "any.template.json").write_text(json.dumps(template))
    return folder


def names(project: Project) -> list[str]:
    return [each.stack_name for each in project.stacks]


def find(root: Path, stack_name: str | None = None) -> Project:
    return find_project(root, Selection(stack_name=stack_name))


def test_synthesized_app() -> None:
    assert find_root(APP / "orders") == APP
    assert has_project(APP, Selection())
    project = find(APP)
    assert names(project) == ["Storage", "shop-service"]
    assert project.stacks[0].tags == {"team": "orders"}
    assert "CAPABILITY_NAMED_IAM" in project.capabilities
    assert project.assets is not None
    assert project.assets.version_parameter == "/cdk-bootstrap/hnb659fds/version"
    assert {file.bucket for file in project.assets.files} == {
        "cdk-hnb659fds-assets-000000000000-us-east-1"
    }
    packaged = {(file.source.suffix, file.zipped, file.key[-4:]) for file in project.assets.files}
    assert (".txt", False, ".txt") in packaged
    assert any(zipped and key == ".zip" for _, zipped, key in packaged)
    assert len(check_all(project)) == 2


def test_selected_stack_comes_after_those_that_it_depends_on(tmp_path: Path) -> None:
    artifacts = {"C": stack("A"), "B": stack(), "A": stack("B"), "D": stack()}
    assembly(tmp_path / "cdk.out", artifacts)
    assert names(find(tmp_path)) == ["B", "A", "C", "D"]
    assert names(find(tmp_path, "A")) == ["B", "A"]
    with pytest.raises(ProjectError, match=r"no stack E; its stacks: B, A, C, D\."):
        find(tmp_path, "E")


def test_parameters_go_to_the_stacks_that_have_them(tmp_path: Path) -> None:
    assembly(tmp_path / "cdk.out", {"A": stack(), "B": stack("A")})
    project = find(tmp_path).with_parameters({"Word": "milk", "Wrod": "x"})
    assert [each.parameters for each in project.stacks] == [
        {"Word": "milk"},
        {"Word": "milk", "Wrod": "x"},
    ]
    with pytest.raises(ProjectError, match="has no parameter Wrod"):
        check(project)


def test_parameters_of_an_earlier_stack_alone() -> None:
    storage, service = find(APP).with_parameters({"Word": "milk"}).stacks
    assert (storage.parameters, service.parameters) == ({"Word": "milk"}, {})


def test_output_folder_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"app": "node app.js", "output": "dist/cdk"}')
    with pytest.raises(ProjectError, match="is not synthesized") as error:
        find(tmp_path)
    assert error.value.advice == "Run: cdk synth"
    assembly(tmp_path / "dist" / "cdk", {"A": stack()})
    assert names(find(tmp_path)) == ["A"]


def test_template_is_preferred(tmp_path: Path) -> None:
    assembly(tmp_path / "cdk.out", {"A": stack()})
    (tmp_path / "template.yaml").write_text("Resources: {}")
    assert find(tmp_path).assets is None


def nested(stage: str, *needs: str) -> dict[str, Any]:
    return {
        "type": "cdk:cloud-assembly",
        "properties": {"directoryName": f"assembly-{stage}"},
        "dependencies": [*needs],
    }


def test_stages(tmp_path: Path) -> None:
    output = tmp_path / "cdk.out"
    assembly(output, {"Prod": nested("Prod", "Test"), "Test": nested("Test")})
    for stage in ("Prod", "Test"):
        artifacts = {"A": stack(name=f"{stage}-A"), "B": stack("A", name=f"{stage}-B")}
        assembly(output / f"assembly-{stage}", artifacts)
    with pytest.raises(ProjectError, match="several stages") as error:
        find(tmp_path)
    assert "--stack" in error.value.advice
    assert names(find(tmp_path, "Test-B")) == ["Test-A", "Test-B"]
    assert names(find(tmp_path, "Prod-A")) == ["Test-A", "Test-B", "Prod-A"]

    assembly(output, {"Test": nested("Test")})
    assert names(find(tmp_path)) == ["Test-A", "Test-B"]
    assembly(output, {"Test": nested("Test"), "Pipeline": stack()})
    assert names(find(tmp_path)) == ["Pipeline"]


def test_account_and_region_of_the_app(tmp_path: Path) -> None:
    account = "123456789012"
    artifacts = {
        "A.assets": {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}},
        "A": stack("A.assets", environment=f"aws://{account}/eu-west-1"),
    }
    output = assembly(tmp_path / "cdk.out", artifacts)
    place = {"bucketName": f"cdk-x-assets-{account}-eu-west-1", "objectKey": "k"}
    source = {"path": "file.txt", "packaging": "file"}
    files = {"k": {"source": source, "destinations": {"d": place}}}
    (output / "A.assets.json").write_text(json.dumps({"files": files}))
    (output / "file.txt").write_text("x")
    template = {"Resources": {"Queue": QUEUE},
                "Outputs": {"Arn": {"Value": f"arn:aws:sqs:eu-west-1:{account}:q"}}}  # fmt: skip
    (output / "any.template.json").write_text(json.dumps(template))
    project = find(tmp_path)
    assert project.region == "eu-west-1"
    assert project.assets is not None
    assert [file.bucket for file in project.assets.files] == ["cdk-x-assets-000000000000-eu-west-1"]
    checked = check(project)
    assert checked.document["Outputs"]["Arn"]["Value"] == "arn:aws:sqs:eu-west-1:000000000000:q"


@pytest.mark.parametrize(
    ("asset", "problem"),
    [
        (
            {"files": {"a": {"source": {"path": "asset.1"}, "destinations": {}}}},
            r"The asset asset\.1 is missing: run `cdk synth` again\.",
        ),
        (
            {"files": {"a": {"displayName": "A", "source": {"executable": ["make"]}}}},
            "A is an asset that a program creates, which is not available here",
        ),
        (
            {"dockerImages": {"b": {"displayName": "Worker/Image"}}},
            "Worker/Image is an asset with a container image, and container images need Docker",
        ),
    ],
)
def test_assets_that_cannot_be_published(
    tmp_path: Path, asset: dict[str, Any], problem: str
) -> None:
    artifacts = {
        "A.assets": {"type": "cdk:asset-manifest", "properties": {"file": "A.assets.json"}},
        "A": stack("A.assets"),
    }
    output = assembly(tmp_path / "cdk.out", artifacts)
    (output / "A.assets.json").write_text(json.dumps(asset))
    with pytest.raises(ProjectError, match=problem):
        check(find(tmp_path))


def test_functions_in_another_language_are_rejected_as_everywhere(tmp_path: Path) -> None:
    output = assembly(tmp_path / "cdk.out", {"A": stack()})
    function = {"Type": "AWS::Lambda::Function",
                "Properties": {"Runtime": "nodejs22.x", "Handler": "index.handler",
                               "Code": {"S3Bucket": "b", "S3Key": "k"}}}  # fmt: skip
    (output / "any.template.json").write_text(json.dumps({"Resources": {"F": function}}))
    with pytest.raises(ProjectError, match=r"F has the runtime nodejs22\.x, which is not availab"):
        check(find(tmp_path))


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ("{", "is not what `cdk synth` writes"),
        ("[]", "is not what `cdk synth` writes"),
        ('{"artifacts": {"A": {"type": "aws:cloudformation:stack"}}}', "is not what `cdk synth`"),
        ('{"artifacts": {}}', "has no stacks"),
        ('{"missing": [{"key": "availability-zones"}]}', "looks up in an account: availability-z"),
    ],
)
def test_unusable_manifest(tmp_path: Path, manifest: str, message: str) -> None:
    (tmp_path / "cdk.out").mkdir()
    (tmp_path / "cdk.out" / "manifest.json").write_text(manifest)
    with pytest.raises(ProjectError, match=message):
        find(tmp_path)
