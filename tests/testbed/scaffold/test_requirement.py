from __future__ import annotations

import json
from importlib import metadata
from typing import Any

import pytest

from testbed.scaffold.requirement import direct_url, is_local, requirement


@pytest.mark.parametrize(
    ("recorded", "url"),
    [
        (
            {"url": "https://u:secret@example.com/t.git",
             "vcs_info": {"vcs": "git", "commit_id": "2f1c", "requested_revision": "main"}},
            "git+https://example.com/t.git@2f1c",
        ),
        (
            {"url": "ssh://git@example.com/t.git", "subdirectory": "sub",
             "vcs_info": {"vcs": "git", "commit_id": "2f1c"}},
            "git+ssh://git@example.com/t.git@2f1c#subdirectory=sub",
        ),
        ({"url": "file:///home/me/t", "dir_info": {"editable": True}}, "file:///home/me/t"),
        ({"url": "file:///d/t-1.whl", "archive_info": {}}, "file:///d/t-1.whl"),
    ],
)  # fmt: skip
def test_direct_url(recorded: dict[str, Any], url: str) -> None:
    assert direct_url(recorded) == url


class Distribution:
    """An installed package, by what its installer has recorded."""

    version = "1.2"

    def __init__(self, recorded: dict[str, Any] | None) -> None:
        self._recorded = recorded

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return json.dumps(self._recorded) if self._recorded else None


@pytest.mark.parametrize(
    ("recorded", "line", "local"),
    [
        (None, "serverless-testbed[pytest]==1.2", False),
        ({"url": "file:///t"}, "serverless-testbed[pytest] @ file:///t", True),
    ],
)
def test_requirement(
    recorded: dict[str, Any] | None, line: str, local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "distribution", lambda name: Distribution(recorded))
    assert requirement() == line
    assert is_local(line) == local
