"""A CDK app's cloud assembly: the stacks and assets that ``cdk synth`` has written to ``cdk.out``.

https://docs.aws.amazon.com/cdk/v2/guide/deploy.html#deploy-how-synth-assemblies
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from testbed.errors import ProjectError
from testbed.project.assets import ACCOUNT, Assets, FileAsset, read_asset_manifest
from testbed.project.problems import Problem
from testbed.project.project import Project
from testbed.project.template import read_template, section

CONFIGURATION = "cdk.json"
MANIFEST = "manifest.json"
_OUTPUT = "cdk.out"
# With a region or an account that the app leaves open.
_UNKNOWN = ("unknown-account", "unknown-region")
_CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True)
class _Stack:
    """A stack, the stacks that it depends on, and the stage that it belongs to.

    Parameters
    ----------
    stage
        The artifact of the stage; empty for a stack of the app itself.
    """

    project: Project
    needs: tuple[str, ...]
    stage: str


def is_cdk_app(folder: Path) -> bool:
    """Return whether a folder has a CDK app or what ``cdk synth`` has made of one."""
    return (folder / CONFIGURATION).is_file() or (folder / _OUTPUT / MANIFEST).is_file()


def assembly_folder(root: Path) -> Path:
    """Return the folder that ``cdk synth`` writes to, which may be missing.

    Raises
    ------
    ProjectError
        If ``cdk.json`` is not valid.
    """
    configuration = root / CONFIGURATION
    if not configuration.is_file():
        return root / _OUTPUT
    try:
        settings = json.loads(configuration.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ProjectError(f"{configuration} cannot be read.", details=str(error)) from error
    output = settings.get("output") if isinstance(settings, dict) else None
    return root / (output if isinstance(output, str) else _OUTPUT)


def find_app(root: Path, stack_name: str | None, region: str) -> Project:
    """Return the selected stack of a CDK app with those that it depends on, which come before it.

    Without a selection it is the last stack, with all others before it. As with ``cdk deploy``,
    these are the app's own stacks; those of its only stage if it has none.

    Parameters
    ----------
    region
        The region of stacks for which the app leaves it open.

    Raises
    ------
    ProjectError
        If the app is not synthesized, or has no such stack.
    """
    folder = assembly_folder(root)
    if not (folder / MANIFEST).is_file():
        raise ProjectError(
            f"There is no {folder / MANIFEST}: the CDK app is not synthesized.",
            advice="Run: cdk synth",
        )
    stacks: dict[str, _Stack] = {}
    _read(root, folder, "", (), region, stacks)
    names = [stack.project.stack_name for stack in stacks.values()]
    if not names:
        raise ProjectError(f"{folder} has no stacks.", advice="Run: cdk synth")
    if stack_name:
        chosen = [key for key, each in stacks.items() if each.project.stack_name == stack_name]
        if not chosen:
            raise ProjectError(
                f"The CDK app has no stack {stack_name}; its stacks: {', '.join(names)}."
            )
    else:
        stages = [stack.stage for stack in stacks.values()]
        first = min(stages)  # that of the app's own stacks is empty
        if first and len(set(stages)) > 1:
            raise ProjectError(
                f"The CDK app has several stages, and no stack of its own: {', '.join(names)}.",
                advice="Choose a stack with --stack; those that it depends on are deployed, too.",
            )
        chosen = [key for key, each in stacks.items() if each.stage == first]
    ordered: dict[str, Project] = {}
    for key in chosen:
        _order(key, stacks, ordered)
    *before, last = ordered.values()
    return replace(last, before=tuple(before))


def _order(key: str, stacks: dict[str, _Stack], ordered: dict[str, Project]) -> None:
    """Add a stack after those that it depends on, all of which have been read before it."""
    for needed in stacks[key].needs:
        _order(needed, stacks, ordered)
    ordered.setdefault(key, stacks[key].project)


def _read(
    root: Path,
    folder: Path,
    stage: str,
    needs: tuple[str, ...],
    region: str,
    stacks: dict[str, _Stack],
) -> None:
    """Read the stacks of an assembly and of the assemblies in it.

    Parameters
    ----------
    stage
        The artifact of the assembly; empty for the app's own.
    needs
        The stacks that all of its stacks depend on.
    """
    manifest = folder / MANIFEST
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        artifacts = document.get("artifacts", {})
        if missing := document.get("missing"):
            raise _missing_context(manifest, missing)
        within: dict[str, list[str]] = {}
        for name in _sorted(artifacts):
            artifact = artifacts[name]
            needed = [*needs]
            for each in artifact.get("dependencies", ()):
                needed += within.get(each, ())
            key = f"{stage}/{name}" if stage else name
            properties = artifact.get("properties", {})
            match artifact["type"]:
                case "aws:cloudformation:stack":
                    project = _project(root, folder, name, artifact, artifacts, region)
                    stacks[key] = _Stack(project, tuple(needed), stage)
                    within[name] = [key]
                case "cdk:cloud-assembly":
                    known = set(stacks)
                    _read(root, folder / properties["directoryName"], key, tuple(needed), region,
                          stacks)  # fmt: skip
                    within[name] = [each for each in stacks if each not in known]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ProjectError(
            f"{manifest} is not what `cdk synth` writes: {error!r}.", advice="Run: cdk synth"
        ) from error


def _sorted(artifacts: dict[str, Any]) -> Iterator[str]:
    """Yield the names of artifacts after those of the artifacts that they depend on."""
    done: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name in done or name not in artifacts:
            return
        done.add(name)
        for each in artifacts[name].get("dependencies", ()):
            yield from visit(each)
        yield name

    for name in artifacts:
        yield from visit(name)


def _missing_context(manifest: Path, missing: list[dict[str, Any]]) -> ProjectError:
    names = ", ".join(str(each["key"]) for each in missing)
    return ProjectError(
        f"{manifest} lacks values that CDK looks up in an account: {names}.",
        advice="Run `cdk synth` with credentials of the account, and keep cdk.context.json.",
    )


def _project(
    root: Path,
    folder: Path,
    name: str,
    artifact: dict[str, Any],
    artifacts: dict[str, Any],
    region: str,
) -> Project:
    properties = artifact["properties"]
    account, place = artifact["environment"].removeprefix("aws://").split("/")
    region = region if place in _UNKNOWN else place
    account = None if account in (*_UNKNOWN, ACCOUNT) else account
    files: list[FileAsset] = []
    problems: list[Problem] = []
    for each in artifact.get("dependencies", ()):
        found = artifacts.get(each, {})
        if found.get("type") == "cdk:asset-manifest":
            more, wrong = read_asset_manifest(folder / found["properties"]["file"], region, account)
            files += more
            problems += wrong
    template = folder / properties["templateFile"]
    if not template.is_file():
        raise ProjectError(f"The template {template} is missing.", advice="Run: cdk synth")
    assets = Assets(
        # The stack's own template is sent to CloudFormation with its other artifacts.
        files=tuple(file for file in files if file.source != template),
        version_parameter=properties.get("bootstrapStackVersionSsmParameter"),
        account=account,
        problems=tuple(problems),
    )
    return Project(
        root=root,
        template=template,
        stack_name=properties.get("stackName", name),
        region=region,
        capabilities=_CAPABILITIES,
        parameters=dict(properties.get("parameters", {})),
        tags=dict(properties.get("tags", {})),
        assets=assets,
        declared=frozenset(section(read_template(template), "Parameters")),
    )
