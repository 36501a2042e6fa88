"""Files with the names of templates, in a folder and below it."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

TEMPLATES = ("template.yaml", "template.yml", "template.json")
"""The names of a project's template, in the order in which SAM looks for them."""

# How deep other_templates looks, and in which folders it does not.
_DEPTH = 3
_RESOURCES = re.compile(r"""^(\s*["'])?Resources["']?\s*:""", re.MULTILINE)
_NOT_SOURCES = frozenset({"node_modules", "venv", "env", "build", "dist", "cdk.out", "tests"})
_MANY_FOLDERS = 1000


def find_template(folder: Path) -> Path | None:
    """Return a folder's template, or None if it has none with a usual name."""
    return next((folder / name for name in TEMPLATES if (folder / name).is_file()), None)


def other_templates(root: Path) -> list[Path]:
    """Return templates in the folders below a folder, which may be other services or ``infra/``.

    Only the upper levels are searched, so that this takes milliseconds in any repository.
    """
    found: list[Path] = []
    folders, seen = [root], 0
    for _ in range(_DEPTH):
        below: list[Path] = []
        for folder in folders:
            with contextlib.suppress(OSError):
                below += (each for each in sorted(folder.iterdir()) if _may_have_sources(each))
        seen += len(below)
        if seen > _MANY_FOLDERS:
            break
        folders = below
        found += filter(None, map(find_template, folders))
    return [each for each in found if _mentions_resources(each)]


def _may_have_sources(folder: Path) -> bool:
    name = folder.name
    hidden = name.startswith(".") or name in _NOT_SOURCES
    return not hidden and folder.is_dir() and not folder.is_symlink()


def _mentions_resources(template: Path) -> bool:
    """Return whether a file is a template of CloudFormation rather than of another program."""
    try:
        return _RESOURCES.search(template.read_text(encoding="utf-8")) is not None
    except (OSError, UnicodeDecodeError):
        return False
