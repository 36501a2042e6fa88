"""Where in a template's file its parameters, resources and outputs are."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from testbed.project.yaml_loader import SafeLoader

# What SAM generates for the events of functions that name no API, by the event's type.
_IMPLICIT = {"ServerlessRestApi": "Api", "ServerlessHttpApi": "HttpApi"}


class TemplateLines:
    """The lines of a template's entries, read only when something has to be shown.

    Parameters
    ----------
    text
        The template, as YAML or JSON.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[tuple[str, str], int] = {}
        self._types: dict[str, str] = {}
        self._events: dict[str, str] = {}
        try:
            root = yaml.compose(text, SafeLoader)
        except yaml.YAMLError:
            return  # another error says so
        for section, content in _entries(root):
            for name, _ in _entries(content):
                self._lines[section.value, name.value] = name.start_mark.line + 1
            if section.value == "Resources":
                for name, resource in _entries(content):
                    self._read_resource(name.value, resource)

    @classmethod
    def of(cls, path: Path) -> TemplateLines:
        """Return the lines of a file; none if it cannot be read."""
        try:
            return cls(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            return cls("")

    def _read_resource(self, name: str, resource: yaml.Node) -> None:
        kind = _entry(resource, "Type")
        if isinstance(kind, yaml.ScalarNode):
            self._types[name] = kind.value
        for _, event in _entries(_entry(_entry(resource, "Properties"), "Events")):
            kind = _entry(event, "Type")
            if isinstance(kind, yaml.ScalarNode):
                self._events.setdefault(kind.value, name)

    def of_type(self, resource_type: str) -> list[str]:
        """Return the resources of a type."""
        return [name for name, kind in self._types.items() if kind == resource_type]

    def type_of(self, name: str) -> str | None:
        """Return the type of a resource, or None if it is not in the file."""
        return self._types.get(name)

    def line(self, section: str, name: str) -> int | None:
        """Return the line of an entry, counted from 1, or None if it is not in the file."""
        return self._lines.get((section, name))

    def mentions(self, name: str) -> dict[int, str]:
        """Return the lines that have a name as a whole word, by their number, without comments."""
        word = re.compile(rf"(?<![\w.]){re.escape(name)}(?!\w)")
        return {
            number: line.strip()
            for number, line in enumerate(self._text.splitlines(), start=1)
            if word.search(line) and not line.lstrip().startswith("#")
        }

    def source(self, logical_id: str) -> str | None:
        """Return the resource that a deployed resource was made from, or None.

        SAM gives what it generates from a resource a logical id that begins with the resource's:
        ``F`` becomes ``FRole``, ``FApiPermissionProd`` and others.
        An API that is declared nowhere comes from the first function with such an event.
        https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
        """
        for beginning, event in _IMPLICIT.items():
            if logical_id.startswith(beginning):
                return self._events.get(event)
        names = [name for section, name in self._lines if section == "Resources"]
        return max((name for name in names if logical_id.startswith(name)), key=len, default=None)


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _entries(node) if key.value == name), None)


def _entries(node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
