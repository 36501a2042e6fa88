"""What follows from a changed file: nothing, an update of functions, a change set or an upload."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.project.local_files import LocalFile, TemplateFiles, template_files
from testbed.project.project import Project
from testbed.project.uploads import Upload
from testbed.watching.decision import Decision, decide
from testbed.watching.inputs import Inputs, first_inputs, project_inputs

_TEMPLATE = """
Globals: {Function: {Runtime: python3.13, Handler: app.handler}}
Resources:
  Shared: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}
  Twin: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}
  Plain:
    Type: AWS::Lambda::Function
    Properties: {Code: plain, Runtime: python3.13, Handler: app.handler}
  Versioned:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: versioned, AutoPublishAlias: live}
  New: {Type: AWS::Serverless::Function, Properties: {CodeUri: new}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer}}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: v1, DefinitionUri: api.yaml}}
  Nested: {Type: AWS::Serverless::Application, Properties: {Location: nested/template.yaml}}
"""
_NESTED = """
Resources:
  Inner:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: code, Runtime: python3.13, Handler: app.handler}
"""
_DEPLOYED = {"Shared": "shared", "Twin": "twin", "Plain": "plain", "Versioned": "versioned"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("src", "plain", "versioned", "new", "layer", "nested/code"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "app.py").touch()
    (tmp_path / "template.yaml").write_text(_TEMPLATE)
    (tmp_path / "nested" / "template.yaml").write_text(_NESTED)
    (tmp_path / "api.yaml").write_text("openapi: 3.0.1")
    return tmp_path.resolve()


@pytest.fixture
def inputs(root: Path) -> Inputs:
    uploads = (Upload("sites.yaml", root / "sites.yaml", "Uri", root / "src" / "schema.json"),)
    project = Project(root, root / "template.yaml", "shop", "us-east-1", uploads=uploads)
    template = template_files(project.template, {}, "us-east-1", "runs here")
    assert not list(template.all_problems())
    return project_inputs(project, template, _functions(template))


def _functions(template: TemplateFiles) -> list[tuple[str, LocalFile]]:
    """Return the functions that are deployed: those of the nested stack, too."""
    found = [
        (_DEPLOYED[file.logical_id], file)
        for file in template.files
        if file.logical_id in _DEPLOYED
    ]
    [(_, nested)] = template.nested
    return [*found, ("inner", nested.files[0])]


def summary(decision: Decision) -> tuple[set[str], set[str], set[str]]:
    return (
        {path.name for path in decision.stack},
        {function.name for function, _ in decision.functions},
        {name for name, _ in decision.uploads},
    )


@pytest.mark.parametrize(
    ("changed", "stack", "functions", "uploads"),
    [
        ("src/app.py", set(), {"shared", "twin"}, set()),
        ("src/pages/new.html", set(), {"shared", "twin"}, set()),
        ("src/requirements.txt", set(), {"shared", "twin"}, set()),
        ("src", set(), {"shared", "twin"}, set()),
        ("plain/app.py", set(), {"plain"}, set()),
        ("nested/code/app.py", set(), {"inner"}, set()),
        # A version is published by CloudFormation.
        ("versioned/app.py", {"app.py"}, set(), set()),
        # It is in the template, but not in the stack yet.
        ("new/app.py", {"app.py"}, set(), set()),
        ("layer/app.py", {"app.py"}, set(), set()),
        ("template.yaml", {"template.yaml"}, set(), set()),
        ("nested/template.yaml", {"template.yaml"}, set(), set()),
        ("api.yaml", {"api.yaml"}, set(), set()),
        ("samconfig.toml", {"samconfig.toml"}, set(), set()),
        ("pyproject.toml", {"pyproject.toml"}, set(), set()),
        ("sites.yaml", set(), set(), {"sites.yaml"}),
        # It is in the package, too.
        ("src/schema.json", set(), {"shared", "twin"}, {"sites.yaml"}),
        ("README.md", set(), set(), set()),
        ("src/.app.py.swp", set(), set(), set()),
        ("src/app.py~", set(), set(), set()),
        ("src/.#app.py", set(), set(), set()),
        ("src/__pycache__/app.cpython-313.pyc", set(), set(), set()),
        ("src/.venv/lib/x.py", set(), set(), set()),
        (".git/index", set(), set(), set()),
        (".testbed/localstack.log", set(), set(), set()),
    ],
)
def test_changed_file(
    root: Path,
    inputs: Inputs,
    changed: str,
    stack: set[str],
    functions: set[str],
    uploads: set[str],
) -> None:
    assert summary(decide([root / changed], inputs)) == (stack, functions, uploads)


def test_changed_files_are_kept_by_what_they_mean(root: Path, inputs: Inputs) -> None:
    changed = {root / "plain" / "app.py", root / "plain" / "b.py", root / "template.yaml"}
    decision = decide({*changed, root / "README.md"}, inputs)
    assert decision.paths() == changed
    assert decision.code() == changed - {root / "template.yaml"}


def test_nothing_follows_from_no_change(inputs: Inputs) -> None:
    assert not decide([], inputs)


def test_project_without_a_valid_template_is_watched(root: Path) -> None:
    (root / "template.yaml").write_text("Resources: {")
    inputs = first_inputs(Project(root, root / "template.yaml", "shop", "us-east-1"))
    assert decide([root / "template.yaml"], inputs).stack
    assert not decide([root / "src" / "app.py"], inputs)


def test_code_in_globals_matters_if_functions_are_made_by_a_loop(root: Path) -> None:
    (root / "template.yaml").write_text(
        "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\n"
        "Globals: {Function: {Runtime: python3.13, Handler: app.handler, CodeUri: src}}\n"
        "Resources:\n"
        "  Fn::ForEach::Each:\n"
        "    [Name, [A, B], {'F${Name}': {Type: AWS::Serverless::Function, Properties: {}}}]\n"
    )
    project = Project(root, root / "template.yaml", "shop", "us-east-1")
    template = template_files(project.template, {}, "us-east-1", "runs here")
    assert decide([root / "src" / "app.py"], project_inputs(project, template, [])).stack
