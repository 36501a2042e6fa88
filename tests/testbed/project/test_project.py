from __future__ import annotations

from pathlib import Path

import pytest

from testbed.errors import ProjectError
from testbed.project.discovery import Selection, find_project, find_root, has_project, stack_name_of
from testbed.project.overrides import Overrides

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
    project = find_project(find_root(inside))
    assert project.root == root
    assert project.stack_name == "shop"
    assert project.region == "eu-central-1"
    assert project.capabilities == ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")
    assert project.parameters == {"Email": "a b@example.com", "Size": "3"}
    assert [upload.output for upload in project.uploads] == ["MenuUri"]


def test_list_of_parameter_overrides(root: Path) -> None:
    text = SAMCONFIG.replace(
        """'Email="a b@example.com" Size=3'""",
        """['Email="a b"', "Size=3 Name=x", 'ParameterKey=Old,ParameterValue="c d"']""",
    )
    (root / "samconfig.toml").write_text(text)
    assert find_project(root).parameters == {
        "Email": "a b", "Size": "3", "Name": "x", "Old": "c d"
    }  # fmt: skip


def test_value_with_a_space_must_be_quoted(root: Path) -> None:
    """SAM would silently use a part of it."""
    text = SAMCONFIG.replace("""'Email="a b@example.com" Size=3'""", '["Email=a b"]')
    (root / "samconfig.toml").write_text(text)
    with pytest.raises(ProjectError, match=r"samconfig\.toml: parameter_overrides: 'b'"):
        find_project(root)


PARAMETERS = "[default.deploy.parameters]\n"


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("samconfig.toml", "[default", "cannot be read as TOML"),
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
        ("samconfig.toml", PARAMETERS + "disable_rollback = 'yes'", "disable_rollback cannot be"),
        ("pyproject.toml", "[[tool.testbed.uploads]]\nfile = 'x'", "lacks 'output'"),
        ("pyproject.toml", "[tool.testbed]\nuploads = ['x']", "must be a list of tables"),
        (
            "pyproject.toml",
            "[[tool.testbed.uploads]]\nfile = 'x'\noutput = 1",
            "output of an upload must be a text, not 1",
        ),
    ],
)
def test_broken_configuration(root: Path, file: str, content: str, message: str) -> None:
    (root / file).write_text(content)
    with pytest.raises(ProjectError, match=message):
        find_project(root)


def test_missing_template(root: Path) -> None:
    (root / "template.yaml").unlink()
    with pytest.raises(ProjectError, match="There is no template in"):
        find_project(root)
    with (root / "samconfig.toml").open("a") as file:
        file.write("template_file = 'other.yaml'\n")
    with pytest.raises(ProjectError, match=r"other\.yaml, which samconfig\.toml names, is"):
        find_project(root)


@pytest.mark.parametrize("name", ["template.yaml", "template.yml", "template.json"])
def test_template_is_enough(tmp_path: Path, name: str) -> None:
    root = tmp_path / "my_shop"
    root.mkdir()
    assert not has_project(root, Selection())
    (root / name).write_text('{"Resources": {}}')
    assert has_project(root, Selection())
    project = find_project(root)
    assert (project.template.name, project.stack_name) == (name, "my-shop")
    assert (project.region, project.tags, project.parameters) == ("us-east-1", {}, {})
    assert "CAPABILITY_NAMED_IAM" in project.capabilities  # nothing lists what it may do


def test_folder_without_a_project_is_its_own_root(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}")
    repository = tmp_path / "repository"
    inside = repository / "a"
    inside.mkdir(parents=True)
    assert find_root(inside) == tmp_path
    (repository / ".git").mkdir()
    assert find_root(inside) == inside


def test_running_testbed_is_found_from_a_folder_inside(tmp_path: Path) -> None:
    inside = tmp_path / "a"
    inside.mkdir()
    (tmp_path / ".testbed").mkdir()
    assert find_root(inside) == inside
    (tmp_path / ".testbed" / "instance.json").touch()
    assert find_root(inside) == tmp_path


def test_configuration_as_yaml(root: Path) -> None:
    (root / "samconfig.toml").unlink()
    (root / "samconfig.yaml").write_text(
        "default: {deploy: {parameters: {stack_name: shop, parameter_overrides: [A=b]}}}"
    )
    assert find_project(root).stack_name == "shop"
    assert find_project(root).parameters == {"A": "b"}
    (root / "samconfig.yaml").write_text(
        "default: {build: , deploy: {parameters: {tags: , on_failure: DO_NOTHING}}}"
    )
    project = find_project(root)
    assert (project.tags, project.disable_rollback) == ({}, True)


def test_environment(root: Path) -> None:
    with (root / "samconfig.toml").open("a") as file:
        file.write(
            "[prod.deploy.parameters]\nstack_name = 'shop-prod'\ndisable_rollback = true\n"
            "parameter_overrides = 'ParameterKey=Email,ParameterValue=\"a,b c\" Size=4'\n"
        )
    project = find_project(root, Selection(environment="prod"))
    assert (project.stack_name, project.disable_rollback) == ("shop-prod", True)
    assert project.parameters == {"Email": "a,b c", "Size": "4"}
    assert project.region == "us-east-1"  # environments do not inherit
    with pytest.raises(ProjectError, match="has no environment test") as raised:
        find_project(root, Selection(environment="test"))
    assert "default, prod" in raised.value.advice


@pytest.mark.parametrize(
    "settings",
    [
        "[default.build.parameters]\ntemplate_file = 'infra/template.yaml'\n",
        "[default.build.parameters]\ntemplate = 'infra/template.yaml'\n"
        "[default.deploy.parameters]\ntemplate_file = '.aws-sam/build/template.yaml'\n",
        "[default.global.parameters]\ntemplate_file = 'infra/template.yaml'\n"
        "[default.build.parameters]\ntemplate_file = 'other.yaml'\n",
    ],
)
def test_template_that_sam_builds_is_deployed(tmp_path: Path, settings: str) -> None:
    (tmp_path / "samconfig.toml").write_text(settings)
    source = tmp_path / "infra" / "template.yaml"
    source.parent.mkdir()
    source.write_text("Resources: {}")
    assert find_project(tmp_path).template == source


def test_output_of_a_build_is_not_deployed(root: Path) -> None:
    with (root / "samconfig.toml").open("a") as file:
        file.write("template_file = '.aws-sam/build/template.yaml'\n")
    assert find_project(root).template == root / "template.yaml"


def test_own_template_by_another_path(root: Path) -> None:
    """It keeps the project's parameters, as the same template."""
    (root / "infra").mkdir()
    (root / "template.yaml").rename(root / "infra" / "stack.yaml")
    (root / "template.yaml").symlink_to("infra/stack.yaml")
    project = find_project(root, Selection(template=root / "infra" / ".." / "template.yaml"))
    assert (project.stack_name, project.parameters["Size"]) == ("shop", "3")
    assert project.template.parent.resolve() == root  # where its code is
    with (root / "samconfig.toml").open("a") as file:
        file.write("template_file = 'infra/../template.yaml'\n")
    assert find_project(root).parameters == project.parameters


def test_configuration_next_to_the_chosen_template(root: Path) -> None:
    service = root / "services" / "menu"
    service.mkdir(parents=True)
    (service / "template.yaml").write_text("Resources: {}")
    (service / "samconfig.toml").write_text("[default.deploy.parameters]\nstack_name = 'menu-1'")
    project = find_project(root, Selection(template=service / "template.yaml"))
    assert (project.root, project.stack_name) == (service, "menu-1")
    assert (project.region, project.parameters, project.uploads) == ("us-east-1", {}, ())


@pytest.mark.parametrize("name", ["my_stack", "1st", "a b", "x" * 129])
def test_invalid_stack_name(root: Path, name: str) -> None:
    with pytest.raises(ProjectError, match="is not a valid stack name"):
        find_project(root, Selection(stack_name=name))


def test_invalid_region(root: Path) -> None:
    text = SAMCONFIG.replace("eu-central-1", "frankfurt")
    (root / "samconfig.toml").write_text(text)
    with pytest.raises(ProjectError, match="'frankfurt' is not the name of an AWS region"):
        find_project(root)


def test_advice_names_templates_of_folders_below(tmp_path: Path) -> None:
    for name in ("infra", "services/b", "node_modules/x", ".aws-sam/build", "chart"):
        (tmp_path / name).mkdir(parents=True)
        text = "kind: Service" if name == "chart" else "Resources: {}"
        (tmp_path / name / "template.yaml").write_text(text)
    with pytest.raises(ProjectError) as caught:
        find_project(tmp_path)
    assert caught.value.advice == (
        "Name the template with --template. There is infra/template.yaml, services/b/template.yaml"
        " below this folder."
    )


def test_environment_without_configuration(tmp_path: Path) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}")
    with pytest.raises(ProjectError, match="there is no environment prod"):
        find_project(tmp_path, Selection(environment="prod"))


def test_other_stack_of_the_same_template(root: Path) -> None:
    project = find_project(root, Selection(stack_name="shop-2"))
    assert project.stack_name == "shop-2"
    assert project.parameters == {"Email": "a b@example.com", "Size": "3"}


def test_other_template_has_its_own_stack(root: Path) -> None:
    """Otherwise it would replace the resources of the project's stack."""
    (root / "queues.yaml").write_text("Resources: {}")
    project = find_project(root, Selection(template=root / "queues.yaml"))
    assert (project.stack_name, project.region) == ("queues", "eu-central-1")
    assert (project.parameters, project.uploads) == ({}, ())
    same = find_project(root, Selection(template=root / "template.yaml"))
    assert same == find_project(root)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("orders/template.yaml", "orders"),
        ("my_app 2/template.json", "my-app-2"),
        ("2go/template.yml", "stack-2go"),
        ("orders/queues.yaml", "queues"),
        ("cdk.out/Shop.template.json", "Shop"),
    ],
)
def test_stack_name_of_a_template(tmp_path: Path, template: str, name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html"""
    assert stack_name_of(tmp_path / template) == name


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
