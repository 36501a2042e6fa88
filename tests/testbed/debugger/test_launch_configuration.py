"""Launch configurations name the source's folder in a way that suits a repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.debugger.launch_configuration import local_root

ROOT = Path("/projects/shop")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (ROOT / "src", "${workspaceFolder}/src"),
        (ROOT, "${workspaceFolder}"),
        (Path("/projects/shared"), "/projects/shared"),
        (None, "${workspaceFolder}"),
    ],
)
def test_local_root(source: Path | None, expected: str) -> None:
    assert local_root(source, ROOT) == expected
