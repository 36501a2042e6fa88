"""Whether a testbed runs already, and how."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from testbed.emulators.container import Container
from testbed.emulators.instance import Instance
from testbed.errors import ProjectError, TestbedError
from testbed.machine import ports
from testbed.project.discovery import Selection
from testbed.project.overrides import Overrides
from testbed.session import Session
from testbed.starting import is_up, start

CONTAINER = Container("id", "name", "http://127.0.0.1:5000")
INSTANCE = Instance(1, "mark", "http://127.0.0.1:4566")


def session(tmp_path: Path, embedded: Instance | None, contained: Container | None) -> Session:
    made: Any = Session(tmp_path)
    made.localstack = SimpleNamespace(running=lambda: embedded)
    made.compose = SimpleNamespace(running=lambda: contained)
    made.project = SimpleNamespace(root=tmp_path)
    found: Session = made
    return found


def test_container_is_found_also_on_another_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual port is free then, and says nothing."""
    monkeypatch.setattr(ports, "is_free", lambda port: True)
    with pytest.raises(TestbedError, match="is already running in a container"):
        is_up(session(tmp_path, None, CONTAINER), docker=False)
    assert is_up(session(tmp_path, None, CONTAINER), docker=True)


def test_process_is_found(tmp_path: Path) -> None:
    assert is_up(session(tmp_path, INSTANCE, None), docker=False)
    with pytest.raises(TestbedError, match="is already running as a process"):
        is_up(session(tmp_path, INSTANCE, None), docker=True)


def test_nothing_is_found(tmp_path: Path) -> None:
    assert not is_up(session(tmp_path, None, None), docker=False)
    assert not is_up(session(tmp_path, None, None), docker=True)


def started_container(tmp_path: Path, **options: Any) -> dict[str, Any]:
    """Return how the container of a project was started, whose stack is then there."""
    made: Any = Session(tmp_path, selection=options.pop("selection", Selection()))
    given: dict[str, Any] = {}
    made.compose = SimpleNamespace(build=lambda: None, start=given.update)
    stacks = {"Stacks": [{"StackName": "mine", "StackStatus": "CREATE_COMPLETE"}]}
    made.aws = SimpleNamespace(
        cloudformation=SimpleNamespace(describe_stacks=lambda **_: stacks), region="us-east-1"
    )
    start(made, Overrides(), docker=True, **options)
    return given


def test_init_scripts_in_a_container_use_the_same_stack(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    for name in ("template.yaml", "other.yaml"):
        (root / name).write_text("Resources: {Queue: {Type: AWS::SQS::Queue}}")
    # The container's folder has another name, after which the stack would be named there.
    given = started_container(root)
    assert (given["settings"], given["init_scripts"]) == ({"TESTBED_STACK": "shop"}, True)
    given = started_container(root, selection=Selection(template=root / "other.yaml"))
    assert given["settings"] == {
        "TESTBED_TEMPLATE": "/opt/testbed/project/other.yaml",
        "TESTBED_STACK": "other",
    }
    (tmp_path / "outside.yaml").write_text("Resources: {Queue: {Type: AWS::SQS::Queue}}")
    with pytest.raises(ProjectError, match="is outside of"):
        started_container(root, selection=Selection(template=tmp_path / "outside.yaml"))


def test_no_init_scripts_in_an_empty_container(tmp_path: Path) -> None:
    root = tmp_path / "shop"
    root.mkdir()
    assert started_container(root)["init_scripts"] is False
    (root / "template.yaml").write_text("Resources: {Queue: {Type: AWS::SQS::Queue}}")
    assert started_container(root, empty=True)["init_scripts"] is False
