"""Which project a folder belongs to, and which of its stacks is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.errors import ProjectError
from testbed.project.assembly import find_app, is_cdk_app
from testbed.project.pairs import parse_pairs
from testbed.project.project import DEFAULT_REGION, Project
from testbed.project.samconfig import find_samconfig, read_samconfig, words
from testbed.project.uploads import read_uploads

TEMPLATES = ("template.yaml", "template.yml", "template.json")
"""The names of a project's template, in the order in which SAM looks for them."""

STATE_FOLDER = ".testbed"
"""The default state folder: the log and the files of the LocalStack of a project's folder."""

RUNNING_RECORD = "instance.json"
"""The file in the state folder that records a running LocalStack process."""

_INIT_SCRIPTS = "init/ready.d"
_LONGEST_STACK_NAME = 100


@dataclass(frozen=True)
class Selection:
    """What a user chooses with options, instead of what the project's files say.

    Parameters
    ----------
    template
        The template to deploy.
    stack_name
        The stack to work on.
    environment
        The environment in SAM's configuration file, as with ``sam deploy --config-env``.
    """

    template: Path | None = None
    stack_name: str | None = None
    environment: str | None = None


def find_root(start: Path) -> Path:
    """Return the folder of the project that a folder belongs to; the folder itself if of none.

    A project's folder has SAM's configuration file, a template, a CDK app, init scripts or a
    running testbed. The search ends at the root of a Git repository.
    """
    first = start.resolve()
    for folder in (first, *first.parents):
        if _is_root(folder):
            return folder
        if (folder / ".git").exists():
            break
    return first


def _is_root(folder: Path) -> bool:
    return bool(
        find_samconfig(folder)
        or find_template(folder)
        or is_cdk_app(folder)
        or (folder / _INIT_SCRIPTS).is_dir()
        or (folder / STATE_FOLDER / RUNNING_RECORD).is_file()
    )


def find_template(folder: Path) -> Path | None:
    """Return a folder's template, or None if it has none with a usual name."""
    return next((folder / name for name in TEMPLATES if (folder / name).is_file()), None)


def has_project(root: Path, selection: Selection) -> bool:
    """Return whether there is something to deploy, valid or not."""
    return bool(
        selection.template or find_samconfig(root) or find_template(root) or is_cdk_app(root)
    )


def find_project(root: Path, selection: Selection | None = None) -> Project:
    """Return the project in a folder.

    SAM's configuration file says what to deploy, if there is one. Without a template, the stacks of
    a CDK app are deployed. A template that the user chooses
    instead of the project's has its own stack, without the project's parameters, tags and uploads.

    Raises
    ------
    ProjectError
        If there is no template, or one of the files is not valid.
    """
    chosen = selection or Selection()
    config = find_samconfig(root)
    if config is None and chosen.environment:
        raise ProjectError(
            f"There is no samconfig.toml in {root}, so there is no environment"
            f" {chosen.environment}."
        )
    settings = read_samconfig(config, chosen.environment) if config else {}
    own = _own_template(root, settings)
    template = chosen.template.resolve() if chosen.template else own
    if template is None and is_cdk_app(root):
        return find_app(root, chosen.stack_name, settings.get("region", DEFAULT_REGION))
    if template is None:
        raise ProjectError(
            f"There is no template in {root}.",
            advice=f"Add a {TEMPLATES[0]} (`testbed init` creates a project), or name the template"
            " with --template.",
        )
    if not template.is_file():
        raise ProjectError(f"The template {template} is missing.")
    region = settings.get("region", DEFAULT_REGION)
    if own is None or template != own.resolve():
        name = chosen.stack_name or stack_name_of(template)
        return Project(root, template, name, region, _capabilities(settings))
    return Project(
        root=root,
        template=template,
        stack_name=chosen.stack_name or settings.get("stack_name") or stack_name_of(template),
        region=region,
        capabilities=_capabilities(settings),
        parameters=parse_pairs(settings.get("parameter_overrides", ""), "parameter_overrides"),
        tags=parse_pairs(settings.get("tags", ""), "tags"),
        uploads=read_uploads(root),
        profile=settings.get("profile"),
        notification_arns=tuple(words(settings.get("notification_arns", ""))),
        disable_rollback=settings.get("disable_rollback", False),
    )


def _own_template(root: Path, settings: dict[str, Any]) -> Path | None:
    named = settings.get("template_file") or settings.get("template")
    return root / named if named else find_template(root)


def _capabilities(settings: dict[str, Any]) -> tuple[str, ...]:
    given = words(settings.get("capabilities", "CAPABILITY_IAM"))
    # SAM templates use a macro, which needs this capability.
    return tuple(dict.fromkeys([*given, "CAPABILITY_AUTO_EXPAND"]))


def stack_name_of(template: Path) -> str:
    """Return a stack name that CloudFormation allows, made from the name of a template's folder.

    A template with an unusual name, such as ``queues.yaml``, gives the stack its own.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    resolved = template.resolve()
    given = resolved.parent.name if resolved.name in TEMPLATES else resolved.name.split(".")[0]
    name = re.sub("[^A-Za-z0-9]+", "-", given).strip("-")
    return (name if name[:1].isalpha() else f"stack-{name}")[:_LONGEST_STACK_NAME].rstrip("-")
