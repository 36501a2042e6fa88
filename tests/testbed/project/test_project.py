from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import ProjectError
from testbed.project.overrides import Overrides
from testbed.project.project import find_project

SAMCONFIG = """
[default.global.parameters]
region = "eu-central-1"
[default.deploy.parameters]
stack_name = "shop"
capabilities = "CAPABILITY_NAMED_IAM"
parameter_overrides = 'Email="a b@example.com" Size=3'
"""
PYPROJECT = """
[[tool.testbed.uploads]]
file = "menu.yaml"
output = "MenuUri"
schema = "menu.schema.json"
"""
SCHEMA = """
{"type": "object", "properties": {"dishes": {"type": "array", "uniqueItemProperties": ["name"],
 "items": {"type": "object", "required": ["name"]}}}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG)
    (tmp_path / "template.yaml").write_text("Resources: {}")
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "menu.schema.json").write_text(SCHEMA)
    (tmp_path / "menu.yaml").write_text("dishes: [{name: soup}]")
    return tmp_path


def test_everything_is_read_from_sams_own_configuration(root: Path) -> None:
    inside = root / "a" / "b"
    inside.mkdir(parents=True)
    project = find_project(inside)
    assert project.root == root
    assert project.stack_name == "shop"
    assert project.region == "eu-central-1"
    assert project.capabilities == ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
    assert project.parameters == {"Email": "a b@example.com", "Size": "3"}
    assert [upload.output for upload in project.uploads] == ["MenuUri"]


def test_list_of_parameter_overrides(root: Path) -> None:
    text = SAMCONFIG.replace("""'Email="a b@example.com" Size=3'""", '["Email=a b", "Size=3"]')
    (root / "samconfig.toml").write_text(text)
    assert find_project(root).parameters == {"Email": "a b", "Size": "3"}


PARAMETERS = "[default.deploy.parameters]\n"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("samconfig.toml", "[default", "cannot be read as TOML"),
        ("samconfig.toml", "", "names no stack_name"),
        ("samconfig.toml", "default = []", r"default must be a table, but is \[\]"),
        ("samconfig.toml", "[default]\ndeploy = 1", "deploy must be a table, but is 1"),
        (
            "samconfig.toml",
            "[default.deploy]\nparameters = 'x'",
            r"deploy\.parameters must be a table",
        ),
        ("samconfig.toml", PARAMETERS + "stack_name = 5", "stack_name cannot be 5"),
        ("samconfig.toml", PARAMETERS + "region = ['x']", "region cannot be"),
        (
            "samconfig.toml",
            PARAMETERS + "parameter_overrides = [1]",
            r"parameter_overrides cannot be \[1\]",
        ),
        (
            "samconfig.toml",
            PARAMETERS + "stack_name = 'a'\nparameter_overrides = 'A=\"b'",
            "parameter_overrides: .* No closing quotation",
        ),
        (
            "samconfig.toml",
            PARAMETERS + "stack_name = 'a'\ntags = 'A=\"b'",
            "tags: .* No closing quotation",
        ),
        (
            "samconfig.toml",
            PARAMETERS + "stack_name = 'a'\ntags = 'A'",
            "tags: 'A' is not of the form",
        ),
        ("pyproject.toml", "[[tool.testbed.uploads]]\nfile = 'x'", "lacks 'output'"),
    ],
)
def test_broken_configuration(root: Path, file: str, content: str, message: str) -> None:
    (root / file).write_text(content)
    with pytest.raises(ProjectError, match=message):
        find_project(root)


def test_missing_template(root: Path) -> None:
    (root / "template.yaml").unlink()
    with pytest.raises(ProjectError, match="is missing"):
        find_project(root)


def test_valid_upload(root: Path) -> None:
    [upload] = find_project(root).uploads
    assert upload.content() == b"dishes: [{name: soup}]"


@pytest.mark.parametrize(
    ("content", "details"),
    [
        ("dishes: soup", "dishes: 'soup' is not of type 'array'"),
        ("dishes: [{}]", "dishes.0: 'name' is a required property"),
        ("dishes: [{name: a}, {name: b}, {name: a}]", "dishes: two entries have the name 'a'"),
    ],
)
def test_upload_that_breaks_its_schema(root: Path, content: str, details: str) -> None:
    (root / "menu.yaml").write_text(content)
    [upload] = find_project(root).uploads
    with pytest.raises(ProjectError, match=r"menu\.yaml is not valid") as caught:
        upload.content()
    assert caught.value.details == details


def test_choices_survive_the_way_through_the_environment(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = root / "a file.yaml"
    chosen = Overrides({"Rate": "rate(1 day)", "Size": "4"}, {"menu.yaml": other})
    for name, value in chosen.environment().items():
        monkeypatch.setenv(name, value)
    project = Overrides.from_environment().apply(find_project(root))
    assert project.parameters == {
        "Email": "a b@example.com", "Size": "4", "Rate": "rate(1 day)",
    }  # fmt: skip
    assert project.uploads[0].file == other


def test_choice_of_a_file_that_is_not_uploaded(root: Path) -> None:
    with pytest.raises(ProjectError, match=r"no file named other\.yaml") as caught:
        Overrides.of([], [("other.yaml", "x")]).apply(find_project(root))
    assert "menu.yaml" in caught.value.advice
