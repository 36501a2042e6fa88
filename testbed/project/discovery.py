"""Which project a folder belongs to, and which of its stacks is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.errors import ProjectError
from testbed.project.assembly import find_app, is_cdk_app
from testbed.project.pairs import parse_pairs
from testbed.project.project import ALL_CAPABILITIES, DEFAULT_REGION, Project
from testbed.project.samconfig import find_samconfig, read_samconfig, words
from testbed.project.template_search import TEMPLATES, find_template, other_templates
from testbed.project.uploads import read_uploads

STATE_FOLDER = ".testbed"
"""The default state folder: the log and the files of the LocalStack of a project's folder."""

RUNNING_RECORD = "instance.json"
"""The file in the state folder that records a running LocalStack process."""

_INIT_SCRIPTS = "init/ready.d"
_LONGEST_STACK_NAME = 100
_STACK_NAME = re.compile("[a-zA-Z][-a-zA-Z0-9]{0,127}")
_REGION = re.compile("[a-z]{2,}(-[a-z]+)+-[0-9]+")


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
    As with SAM, the configuration file next to that template applies to it, if there is one.

    Raises
    ------
    ProjectError
        If there is no template, or one of the files is not valid.
    """
    chosen = selection or Selection()
    root = _configured_folder(root, chosen.template)
    config = find_samconfig(root)
    if config is None and chosen.environment:
        raise ProjectError(
            f"There is no samconfig.toml in {root}, so there is no environment"
            f" {chosen.environment}."
        )
    settings = read_samconfig(config, chosen.environment) if config else {}
    own = _own_template(root, settings)
    template = chosen.template.absolute() if chosen.template else own
    if template is None and is_cdk_app(root):
        return find_app(root, chosen.stack_name, settings.get("region", DEFAULT_REGION))
    if template is None:
        raise ProjectError(
            f"There is no template in {root}.",
            advice=_how_to_name_template(root),
        )
    if not template.is_file():
        named_in = f", which {config.name} names," if config and not chosen.template else ""
        raise ProjectError(
            f"The template {template}{named_in} is missing.",
            advice="The testbed packages the code itself: name the template in your sources, not"
            " the output of `sam package`."
            if named_in
            else "",
        )
    region = _region(settings, config)
    capabilities = _capabilities(settings) if config else ALL_CAPABILITIES
    if own is None or template.resolve() != own.resolve():
        name = _checked_stack_name(chosen.stack_name or stack_name_of(template))
        return Project(root, template, name, region, capabilities)
    stack_name = chosen.stack_name or settings.get("stack_name") or stack_name_of(template)
    parameters, tags = (
        parse_pairs(settings.get(name, ""), f"{config}: {name}")
        for name in ("parameter_overrides", "tags")
    )
    return Project(
        root=root,
        template=template,
        stack_name=_checked_stack_name(stack_name),
        region=region,
        capabilities=capabilities,
        parameters=parameters,
        tags=tags,
        uploads=read_uploads(root),
        profile=settings.get("profile"),
        notification_arns=tuple(words(settings.get("notification_arns", ""))),
        disable_rollback=_keeps_what_was_created(settings),
    )


def _configured_folder(root: Path, template: Path | None) -> Path:
    """Return the folder of the configuration that applies: the template's, if it has one.

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-deploy.html
    """
    folder = template.absolute().parent.resolve() if template else root
    return folder if find_samconfig(folder) else root


def _region(settings: dict[str, Any], config: Path | None) -> str:
    region: str = settings.get("region", DEFAULT_REGION)
    if not _REGION.fullmatch(region):
        raise ProjectError(
            f"{config}: {region!r} is not the name of an AWS region such as {DEFAULT_REGION}."
        )
    return region


def _checked_stack_name(name: str) -> str:
    """Return a stack name that CloudFormation accepts.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html

    Raises
    ------
    ProjectError
        If it does not.
    """
    if not _STACK_NAME.fullmatch(name):
        raise ProjectError(
            f"{name!r} is not a valid stack name.",
            advice="It must start with a letter, contain only letters, digits and hyphens, and have"
            " at most 128 characters. Change stack_name in samconfig.toml, or give another name"
            " with --stack.",
        )
    return name


def _own_template(root: Path, settings: dict[str, Any]) -> Path | None:
    named = settings.get("template_file") or settings.get("template")
    return root / named if named else find_template(root)


def _keeps_what_was_created(settings: dict[str, Any]) -> bool:
    # https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-deploy.html
    given: bool = settings.get("disable_rollback", False)
    return given or settings.get("on_failure") == "DO_NOTHING"


def _capabilities(settings: dict[str, Any]) -> tuple[str, ...]:
    given = words(settings.get("capabilities", "CAPABILITY_IAM"))
    # SAM templates use a macro, which needs this capability.
    return tuple(dict.fromkeys([*given, "CAPABILITY_AUTO_EXPAND"]))


def _how_to_name_template(root: Path) -> str:
    if others := other_templates(root):
        names = ", ".join(str(each.relative_to(root)) for each in others[:3])
        return f"Name the template with --template. There is {names} below this folder."
    return (
        f"Add a {TEMPLATES[0]} (`testbed init` creates a project), name the template with"
        " --template, or start without one: testbed up --empty."
    )


def stack_name_of(template: Path) -> str:
    """Return a stack name that CloudFormation allows, made from the name of a template's folder.

    A template with an unusual name, such as ``queues.yaml``, gives the stack its own.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    """
    usual = template.name in TEMPLATES
    given = template.parent.resolve().name if usual else template.name.split(".")[0]
    name = re.sub("[^A-Za-z0-9]+", "-", given).strip("-")
    return (name if name[:1].isalpha() else f"stack-{name}")[:_LONGEST_STACK_NAME].rstrip("-")
