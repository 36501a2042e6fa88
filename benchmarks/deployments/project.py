"""A copy of the pipeline, in which a line of a handler and a path of the API can be changed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

_FILES = ("samconfig.toml", "template.yaml", "sites.yaml", "pyproject.toml")
_EVENTS = "      Events:\n        GetStatus:\n"
_ADDED_EVENTS = """\
      Events:
        GetVersion:
          Type: Api
          Properties: {RestApiId: !Ref Api, Method: GET, Path: /version}
        GetRound:
          Type: Api
          Properties: {RestApiId: !Ref Api, Method: GET, Path: /round-0}
        GetStatus:
"""
_ADDED_CODE = """
VERSION = "0"
_answer = handler


def handler(event, context):
    if event["path"].startswith(("/version", "/round-")):
        return {"statusCode": 200, "body": VERSION}
    return _answer(event, context)
"""


class ChangingProject:
    """The pipeline, with an API path that answers with the version of the handler.

    Parameters
    ----------
    source
        The project to copy.
    folder
        Where the copy is made.
    """

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        for name in _FILES:
            shutil.copy(source / name, folder / name)
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source / "handlers", folder / "handlers", ignore=ignored)
        self._template = folder / "template.yaml"
        self._handler = folder / "handlers" / "status_api.py"
        _replace(self._template, re.escape(_EVENTS), _ADDED_EVENTS)
        # The API is asked more often than a public one should be.
        _replace(self._template, r"ThrottlingRateLimit: \d+", "ThrottlingRateLimit: 5000")
        _replace(self._template, r"ThrottlingBurstLimit: \d+", "ThrottlingBurstLimit: 5000")
        with self._handler.open("a", encoding="utf-8") as file:
            file.write(_ADDED_CODE)

    def change_version(self, version: str) -> None:
        """Change the line of the handler."""
        _replace(self._handler, 'VERSION = ".*"', f'VERSION = "{version}"')

    def change_path(self, path: str) -> None:
        """Replace the path ``/round-…`` of the API by another one."""
        _replace(self._template, "Path: /round-[^}]*", f"Path: {path}")


def _replace(file: Path, pattern: str, text: str) -> None:
    changed, count = re.subn(pattern, text, file.read_text(encoding="utf-8"))
    assert count == 1, f"{pattern} is {count} times in {file}"
    file.write_text(changed, encoding="utf-8")
