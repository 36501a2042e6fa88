"""What a deployment is made from: the files and folders to watch, and what each of them decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.deployment.packaging import LEFT_OUT
from testbed.project.local_files import publishes_versions

if TYPE_CHECKING:
    from testbed.project.local_files import LocalFile, TemplateFiles
    from testbed.project.project import Project

# They are read from the project's folder.
_SETTINGS = ("samconfig.toml", "samconfig.yaml", "samconfig.yml", "pyproject.toml")


@dataclass(frozen=True)
class FunctionCode:
    """A function of the deployed stack whose code is in a local file or folder.

    Parameters
    ----------
    name
        The name of the function, not its logical id.
    runtime
        Such as ``python3.13``; empty if it is not known.
    """

    name: str
    source: Path
    file: LocalFile = field(compare=False)
    runtime: str = ""


@dataclass(frozen=True)
class Inputs:
    """The files and folders of one project.

    Parameters
    ----------
    functions
        Functions whose code can be updated directly.
    stack_files
        Files whose change is deployed by a change set, such as the template.
    stack_code
        The code of layers, and of functions that publish versions: by a change set, too.
    uploads
        The names of files that are uploaded, by their path and by that of their JSON Schema.
    """

    functions: tuple[FunctionCode, ...] = ()
    stack_files: frozenset[Path] = frozenset()
    stack_code: frozenset[Path] = frozenset()
    uploads: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def sources(self) -> list[Path]:
        """Return the files and folders with code."""
        return sorted({*self.stack_code, *(each.source for each in self.functions)})

    def files(self) -> list[Path]:
        """Return the single files."""
        return sorted({*self.stack_files, *self.uploads})


def first_inputs(project: Project) -> Inputs:
    """Return the files of a project that are known without its template."""
    return Inputs(stack_files=frozenset(_settings(project)))


def project_inputs(
    project: Project, template: TemplateFiles, functions: list[tuple[str, LocalFile]]
) -> Inputs:
    """Return the inputs of a project.

    Parameters
    ----------
    functions
        The names and the code of the functions in the deployed stack.
    """
    direct: dict[int, str] = {id(file): name for name, file in functions}
    found: list[FunctionCode] = []
    stack_files = _settings(project)
    stack_code = set()
    for each, file in _files(template):
        if file.build is None:
            stack_files.add(file.path)
        elif id(file) in direct and not publishes_versions(each, file):
            runtime = each.runtimes.get(file.logical_id, "")
            found.append(FunctionCode(direct[id(file)], file.path, file, runtime))
        elif file.logical_id != "Globals" or _has_loops(each):
            stack_code.add(file.path)
    uploads: dict[Path, tuple[str, ...]] = {}
    for upload in project.uploads:
        for path in (upload.file, upload.schema):
            if path is not None:
                uploads[path.resolve()] = (*uploads.get(path.resolve(), ()), upload.name)
    return Inputs(tuple(found), frozenset(stack_files), frozenset(stack_code), uploads)


def _settings(project: Project) -> set[Path]:
    root = project.root.resolve()
    templates = (each.template.resolve() for each in project.stacks)
    return {*templates, *(root / name for name in _SETTINGS)}


def is_ignored(path: Path, source: Path) -> bool:
    """Return whether a path below a folder with code is no part of its package."""
    return any(is_ignored_name(name) for name in path.relative_to(source).parts)


def is_ignored_name(name: str) -> bool:
    """Return whether no file or folder of this name is packaged."""
    return any(fnmatch(name, pattern) for pattern in LEFT_OUT)


def _files(template: TemplateFiles) -> Iterator[tuple[TemplateFiles, LocalFile]]:
    for file in template.files:
        yield template, file
    for file, nested in template.nested:
        yield template, file
        yield from _files(nested)


def _has_loops(template: TemplateFiles) -> bool:
    """Return whether resources are made by ``Fn::ForEach``, which inherit from Globals, too."""
    return any(name.startswith("Fn::") for name in template.document["Resources"])
