"""Local files that a template names, which a deployment uploads as ``sam package`` does.

https://docs.aws.amazon.com/cli/latest/reference/cloudformation/package.html
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-package.html
"""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeGuard

from testbed.errors import ProjectError
from testbed.project.functions import (
    RUNTIME,
    Build,
    FunctionCheck,
    function_problem,
    layer_build,
    layer_problem,
)
from testbed.project.known_values import KnownValues
from testbed.project.problems import Place, Problem
from testbed.project.template import parameter_problems, read_template, section

Form = Literal["CodeUri", "Code", "s3", "https"]
"""How an uploaded file is named: a mapping of Bucket and Key or of S3Bucket and S3Key, an S3 URI,
or the URL of a template."""

_CODE: dict[str, tuple[str, Form]] = {
    "AWS::Serverless::Function": ("CodeUri", "CodeUri"),
    "AWS::Serverless::LayerVersion": ("ContentUri", "CodeUri"),
    "AWS::Lambda::Function": ("Code", "Code"),
    "AWS::Lambda::LayerVersion": ("Content", "Code"),
}
_FILES: dict[str, tuple[tuple[str, Form], ...]] = {
    "AWS::Serverless::Api": (("DefinitionUri", "s3"),),
    "AWS::Serverless::HttpApi": (("DefinitionUri", "s3"),),
    "AWS::Serverless::StateMachine": (("DefinitionUri", "CodeUri"),),
    "AWS::ApiGateway::RestApi": (("BodyS3Location", "CodeUri"),),
    "AWS::ApiGatewayV2::Api": (("BodyS3Location", "CodeUri"),),
    "AWS::StepFunctions::StateMachine": (("DefinitionS3Location", "CodeUri"),),
    "AWS::AppSync::GraphQLSchema": (("DefinitionS3Location", "s3"),),
    "AWS::AppSync::Resolver": (
        ("RequestMappingTemplateS3Location", "s3"),
        ("ResponseMappingTemplateS3Location", "s3"),
        ("CodeS3Location", "s3"),
    ),
    "AWS::AppSync::FunctionConfiguration": (
        ("RequestMappingTemplateS3Location", "s3"),
        ("ResponseMappingTemplateS3Location", "s3"),
        ("CodeS3Location", "s3"),
    ),
}
_TEMPLATES = {
    "AWS::Serverless::Application": "Location",
    "AWS::CloudFormation::Stack": "TemplateURL",
}
_FUNCTIONS = ("AWS::Serverless::Function", "AWS::Lambda::Function")
_REMOTE = ("s3://", "https://", "http://")
_ARCHIVES = (".zip", ".jar")


@dataclass(frozen=True)
class LocalFile:
    """A property in a template that names a local file or folder.

    Parameters
    ----------
    logical_id
        The resource, or an empty string for a file that is included elsewhere.
    holder
        The mapping that holds the property.
    build
        How the code of a function or layer is built; None for other files.
    """

    logical_id: str
    holder: dict[str, Any]
    property: str
    form: Form
    path: Path
    build: Build | None = None

    def replace(self, value: str | dict[str, str]) -> None:
        """Replace the local name by that of an object in S3."""
        self.holder[self.property] = value


@dataclass
class TemplateFiles:
    """A template, the local files that it names, and the nested templates among them."""

    path: Path
    document: dict[str, Any]
    files: list[LocalFile] = field(default_factory=list)
    nested: list[tuple[LocalFile, TemplateFiles]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    runtimes: dict[str, str] = field(default_factory=dict)
    """The runtimes of its functions by logical id, as far as they are known."""

    def all_runtimes(self) -> dict[str, str]:
        """Return the runtimes of all functions; nested ones as ``Stack.Function``."""
        found = dict(self.runtimes)
        for file, nested in self.nested:
            for name, runtime in nested.all_runtimes().items():
                found[f"{file.logical_id}.{name}"] = runtime
        return found

    def resource_of(self, file: LocalFile) -> dict[str, Any]:
        """Return the resource that names a file, or {} if a file is not named by a resource."""
        return section(self.document["Resources"], file.logical_id)

    def code(self) -> Iterator[LocalFile]:
        """Yield the code of all functions and layers, including nested templates'."""
        yield from (file for file in self.files if file.build)
        for _, nested in self.nested:
            yield from nested.code()

    def code_folder(self, logical_id: str) -> Path | None:
        """Return the folder of a function's code, or None if it is not a folder of the project.

        Parameters
        ----------
        logical_id
            The function's logical ID, after those of nested stacks: ``Nested/Monitor``.
        """
        stack, _, inside = logical_id.partition("/")
        if inside:
            nested = (each for file, each in self.nested if file.logical_id == stack)
            return next((each.code_folder(inside) for each in nested), None)
        code = (each.path for each in self.files if each.build and each.logical_id == logical_id)
        return next((path for path in code if path.is_dir()), None)

    def all_problems(self) -> Iterator[Problem]:
        """Yield the problems of this template and of all nested ones."""
        yield from self.problems
        for _, nested in self.nested:
            yield from nested.all_problems()


def template_files(
    path: Path,
    parameters: Mapping[str, str],
    region: str,
    check: FunctionCheck,
    *,
    kept: Collection[str] = (),
    parents: tuple[Path, ...] = (),
) -> TemplateFiles:
    """Read a template and its nested ones; find the local files, and what cannot be deployed.

    Parameters
    ----------
    parameters
        The values that are given for the template's parameters.
    check
        Which functions can be deployed.
    kept
        The parameters whose values the stack has already.
    parents
        The templates that this one is nested in.

    Raises
    ------
    ProjectError
        If the template itself cannot be read. Everything else is in ``problems``.
    """
    document = read_template(path)
    found = TemplateFiles(path, document)
    known = KnownValues(document, parameters, region)
    search = _Search(found, known, check, (*parents, path.resolve()), region)
    if not parents:
        problems = parameter_problems(document, dict(parameters), kept)
        found.problems += [Problem(each.text, each.place, path) for each in problems]
    search.resources()
    search.includes()
    return found


class _Search:
    """The search of one template for local files."""

    def __init__(
        self,
        found: TemplateFiles,
        known: KnownValues,
        check: FunctionCheck,
        parents: tuple[Path, ...],
        region: str,
    ) -> None:
        self._found = found
        self._folder = found.path.parent
        self._known = known
        self._check = check
        self._parents = parents
        self._region = region
        self._globals = section(section(found.document, "Globals"), "Function")

    def resources(self) -> None:
        """Look at every resource that is or may be created."""
        for name, resource in self._found.document["Resources"].items():
            if not isinstance(resource, dict) or not self._known.exists(resource):
                continue
            kind = resource.get("Type")
            if not isinstance(kind, str):
                continue  # CloudFormation rejects it
            if kind in _FUNCTIONS:
                self._function(name, kind, resource)
            elif kind in _CODE:
                self._layer(name, kind, resource)
            elif kind in _TEMPLATES:
                self._template(name, section(resource, "Properties"), _TEMPLATES[kind])
            for key, form in _FILES.get(kind, ()):
                properties = section(resource, "Properties")
                self._file(name, properties, key, form, ("Resources", name))
        # What functions inherit is replaced in each of them, too: they may be built differently.
        inherited = self._globals.get("CodeUri")
        if is_local(inherited) and self._path(inherited):
            self._code("Globals", self._globals, "CodeUri", "CodeUri", Build())

    def _function(self, name: str, kind: str, resource: dict[str, Any]) -> None:
        key, form = _CODE[kind]
        properties = section(resource, "Properties")
        inherited = self._globals if kind == "AWS::Serverless::Function" else {}
        merged = {**inherited, **properties}
        if key == "CodeUri" and not {"CodeUri", "InlineCode", "ImageUri"} & merged.keys():
            if not properties:
                return  # CloudFormation rejects it
            if merged.get("PackageType") != "Image":
                # As sam build does: "Missing CodeUri. Using the template's folder."
                merged["CodeUri"] = "."
        local = is_local(merged.get(key))
        if problem := function_problem(name, merged, resource, self._known, self._check, local):
            self._problem(problem, name)
            return
        if self._check == "runs here":
            for layers in (inherited.get("Layers"), properties.get("Layers")):
                if problem := layer_problem(name, layers, self._known):
                    self._problem(problem, name)
        runtime = self._known.text(merged.get("Runtime"))
        if runtime is not None:
            self._found.runtimes[name] = runtime
        if not local or "InlineCode" in properties:
            return
        if "Properties" not in resource or not isinstance(resource["Properties"], dict):
            properties = resource["Properties"] = {}
        properties[key] = merged[key]
        architectures = merged.get("Architectures")
        first = architectures[0] if isinstance(architectures, list) and architectures else None
        metadata = section(resource, "Metadata")
        build = Build(
            architecture=self._known.text(first) or Build.architecture,
            requirements=str(metadata.get("SkipBuild", "")).lower() != "true",
            runtime=runtime or RUNTIME,
        )
        self._code(name, properties, key, form, build)

    def _layer(self, name: str, kind: str, resource: dict[str, Any]) -> None:
        key, form = _CODE[kind]
        build = layer_build(name, section(resource, "Metadata"))
        if isinstance(build, str):
            self._problem(build, name)
            return
        self._code(name, section(resource, "Properties"), key, form, build)

    def _code(
        self,
        name: str,
        holder: dict[str, Any],
        key: str,
        form: Form,
        build: Build,
    ) -> None:
        value = holder.get(key)
        if not is_local(value):
            return
        path = self._path(value)
        if path is None:
            self._problem(f"{name}: {key} names {value}, which does not exist.", name)
        elif path.is_file() and path.suffix in _ARCHIVES and not zipfile.is_zipfile(path):
            self._problem(f"{name}: {key} names {value}, which is not a zip file.", name)
        else:
            self._found.files.append(LocalFile(name, holder, key, form, path, build))

    def _path(self, value: str) -> Path | None:
        """Return the path of the file or folder that a template names, or None."""
        path = self._folder / value
        try:
            path.stat()
        except (OSError, ValueError):  # also if no file can have this name
            return None
        return path.resolve()

    def _file(
        self, name: str, holder: dict[str, Any], key: str, form: Form, place: Place | None
    ) -> None:
        if path := self._existing(name, holder, key, place):
            self._found.files.append(LocalFile(name, holder, key, form, path))

    def _existing(
        self, name: str, holder: dict[str, Any], key: str, place: Place | None
    ) -> Path | None:
        value = holder.get(key)
        if not is_local(value):
            return None
        path = self._path(value)
        if path and path.is_file():
            return path
        wrong = "is a folder, and has to be a file" if path else "does not exist"
        problem = Problem(f"{name}: {key} names {value}, which {wrong}.", place, self._found.path)
        self._found.problems.append(problem)
        return None

    def _template(self, name: str, holder: dict[str, Any], key: str) -> None:
        path = self._existing(name, holder, key, ("Resources", name))
        if path is None:
            return
        if path in self._parents:
            self._problem(f"{name}: {key} names {holder[key]}, in which it is nested.", name)
            return
        given = section(holder, "Parameters")
        texts = {each: self._known.text(value) for each, value in given.items()}
        try:
            nested = template_files(
                path,
                {each: value for each, value in texts.items() if value is not None},
                self._region,
                self._check,
                parents=self._parents,
            )
        except ProjectError as error:
            details = " ".join(error.details.split())
            self._problem(f"{name}: {error.message} {details}".rstrip(), name)
            return
        self._found.nested.append((LocalFile(name, holder, key, "https", path), nested))

    def includes(self) -> None:
        """Find ``Fn::Transform`` with ``AWS::Include`` at every level.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-include.html
        """
        seen: set[int] = set()
        for title, content in self._found.document.items():
            for name, value in section(self._found.document, title).items():
                self._includes(value, name, (title, name), seen)
            self._includes(content, title, None, seen)

    def _includes(self, value: Any, name: str, place: Place | None, seen: set[int]) -> None:
        if not isinstance(value, dict | list) or id(value) in seen:
            return  # an anchor of YAML can be used several times
        seen.add(id(value))
        if isinstance(value, list):
            for item in value:
                self._includes(item, name, place, seen)
            return
        transform = value.get("Fn::Transform")
        for each in transform if isinstance(transform, list) else [transform]:
            if isinstance(each, dict) and each.get("Name") == "AWS::Include":
                self._file(name, section(each, "Parameters"), "Location", "s3", place)
        for item in value.values():
            self._includes(item, name, place, seen)

    def _problem(self, text: str, resource: str) -> None:
        self._found.problems.append(Problem(text, ("Resources", resource), self._found.path))


def is_function(template: TemplateFiles, file: LocalFile) -> bool:
    """Return whether a file is the code of a function, not of a layer."""
    return template.resource_of(file).get("Type") in _FUNCTIONS


def publishes_versions(template: TemplateFiles, file: LocalFile) -> bool:
    """Return whether a new version of a function is published when its code changes.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/automating-updates-to-serverless-apps.html
    """
    properties = section(template.resource_of(file), "Properties")
    inherited = section(section(template.document, "Globals"), "Function")
    return "AutoPublishAlias" in {**inherited, **properties}


def is_local(value: object) -> TypeGuard[str]:
    """Return whether the value of a property is the path of a local file."""
    return isinstance(value, str) and bool(value) and not value.startswith(_REMOTE)
