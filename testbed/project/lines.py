"""Where in a template's file its parameters, resources and outputs are."""

from __future__ import annotations

from pathlib import Path

import yaml

from testbed.project.yaml_loader import SafeLoader


class TemplateLines:
    """The lines of a template's entries, read only when something has to be shown.

    Parameters
    ----------
    text
        The template, as YAML or JSON.
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, str], int] = {}
        try:
            root = yaml.compose(text, SafeLoader)
        except yaml.YAMLError:
            return  # another error says so
        for section, content in _entries(root):
            for name, _ in _entries(content):
                self._lines[section.value, name.value] = name.start_mark.line + 1

    @classmethod
    def of(cls, path: Path) -> TemplateLines:
        """Return the lines of a file; none if it cannot be read."""
        try:
            return cls(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return cls("")

    def line(self, section: str, name: str) -> int | None:
        """Return the line of an entry, counted from 1, or None if it is not in the file."""
        return self._lines.get((section, name))

    def source(self, logical_id: str) -> str | None:
        """Return the resource that a deployed resource was made from, or None.

        SAM gives what it generates from a resource a logical id that begins with the resource's:
        ``F`` becomes ``FRole``, ``FApiPermissionProd`` and others.
        https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
        """
        names = [name for section, name in self._lines if section == "Resources"]
        return max((name for name in names if logical_id.startswith(name)), key=len, default=None)


def _entries(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
