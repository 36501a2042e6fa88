"""The table of what the extension does to LocalStack, carried out without starting it.

It runs in LocalStack's own environment, as patches need what they patch.
"""

import ast
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from testbed.emulators.environments import ensure_environments
from tests.conftest import ROOT

_SOURCE = ROOT / "extension" / "src"

IMPORT_EVERYTHING = """
import importlib, json, sys
from localstack_testbed import registration
from localstack_testbed.hooks import patching

for step in [*registration.START_EARLY, *registration.START]:
    module, _, name = step.function.partition(":")
    assert callable(getattr(importlib.import_module(f"localstack_testbed.{module}"), name))
before = set(sys.modules)
registration.start_early()
for module, steps in registration.PATCHES.items():
    registration.on_import(module, lambda steps=steps: registration._run(steps))
for module in registration.PATCHES:
    importlib.import_module(module)
print(json.dumps(sorted(patching.patched())))
"""
PATCH_TWICE = """
from localstack.services.sqs.models import StandardQueue
from localstack_testbed.hooks.patching import patch, replace

PATCH
PATCH
"""


def run(code: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ensure_environments(print).localstack_python), "-c", code],
        env={**os.environ, "PYTHONPATH": str(_SOURCE), **settings},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_every_target_is_patched_once() -> None:
    """With everything switched on; a second patch of a target would be an error."""
    ended = run(IMPORT_EVERYTHING, ENFORCE_IAM="1", LAMBDA_RUNTIME_EXECUTOR="process")
    assert ended.returncode == 0, ended.stderr
    patched: list[Any] = json.loads(ended.stdout.splitlines()[-1])
    assert "localstack.services.lambda_.invocation.version_manager.LambdaVersionManager.invoke" in (
        patched
    )
    assert "localstack.services.sns.publisher.connect_to" in patched


def test_every_hook_has_an_entry_point() -> None:
    """Without one LocalStack would start as usual, and that part of the extension stay off."""
    project = tomllib.loads((ROOT / "extension" / "pyproject.toml").read_text())["project"]
    registered = {
        (group.removeprefix("localstack.hooks."), target)
        for group, targets in project["entry-points"].items()
        if group.startswith("localstack.hooks.")
        for target in targets.values()
    }
    source = (_SOURCE / "localstack_testbed" / "registration.py").read_text()
    assert registered == {
        (hook, f"localstack_testbed.registration:{function}")
        for hook, function in re.findall(r"^@hooks\.(\w+)\(.*\n^def (\w+)", source, re.MULTILINE)
    }


@pytest.mark.parametrize(
    "patch", ["patch(StandardQueue.clear)", "replace(StandardQueue, 'clear', print)"]
)
def test_second_patch_of_a_target_is_an_error(patch: str) -> None:
    ended = run(PATCH_TWICE.replace("PATCH", patch))
    assert ended.returncode == 1
    assert "StandardQueue.clear is patched twice" in ended.stderr


def test_patches_are_made_by_patch_and_replace_only() -> None:
    """Only those two notice a second patch."""
    assert {
        f"{path.name}: {ast.unparse(target)}"
        for path in _SOURCE.rglob("*.py")
        for target in assigned_in_localstack(ast.parse(path.read_text()))
    } == set()


def assigned_in_localstack(tree: ast.AST) -> Iterator[ast.Attribute]:
    """Yield the attributes of what is imported from LocalStack that a module assigns."""
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "localstack":
            imported |= {each.asname or each.name for each in node.names}
    for node in ast.walk(tree):  # other names for the same
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.Name(id=value)):
                imported |= {name} if value in imported else set()
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            match target:
                case ast.Attribute(value=ast.Name(id=name)) if name in imported:
                    yield target
