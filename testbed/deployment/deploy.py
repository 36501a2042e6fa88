"""Deployment of a project as ``sam deploy`` does: its code, its stacks and its uploaded files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from testbed.aws.clients import Aws
from testbed.aws.objects import put_if_new
from testbed.aws.stacks import SkippedResource, describe_stack, skipped_resources
from testbed.deployment import cdk
from testbed.deployment.artifacts import Artifacts
from testbed.deployment.code_packages import (
    needed_runtimes,
    packages_by_function,
    running_runtimes,
    template_packages,
)
from testbed.deployment.code_updates import update_code
from testbed.deployment.failures import left_behind
from testbed.deployment.stack_update import Review, kept_parameters, stack_parameters, update_stack
from testbed.emulators import runtimes
from testbed.errors import ProjectError
from testbed.project.assets import ACCOUNT, Assets
from testbed.project.local_files import TemplateFiles, template_files
from testbed.project.problems import raise_problems
from testbed.project.template import section

if TYPE_CHECKING:
    from testbed.deployment.packaging import Package
    from testbed.machine.cache import Report
    from testbed.project.project import Project


@dataclass(frozen=True)
class Deployment:
    """The result of a deployment.

    Parameters
    ----------
    changed
        Whether the stack was created or updated; False if it was already up to date.
    uploaded
        The names of files that were uploaded because their content had changed.
    skipped
        The resources that were not created, since the testbed does not have their types.
    left_behind
        What was removed from the template or replaced, and could not be deleted: a sentence each.
    notes
        The functions that run on another version of Python or whose runtime is deprecated: a
        sentence each.
    restored
        The functions whose code was updated although the stack was up to date, because it had been
        changed outside of the stack.
    packages
        The deployment packages of the testbed's functions, by their names.
    runs_on
        What each runtime runs on in the testbed.
    """

    outputs: dict[str, str]
    changed: bool
    uploaded: list[str] = field(default_factory=list)
    skipped: list[SkippedResource] = field(default_factory=list)
    left_behind: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    packages: dict[str, Package] = field(default_factory=dict)
    runs_on: dict[str, str] = field(default_factory=dict)


def deploy(project: Project, aws: Aws, report: Report, review: Review | None = None) -> Deployment:
    """Package the project's code, bring its stacks up to date and upload its files.

    Everything that can be checked is checked before anything is changed. The result of several
    stacks has the outputs of the last one.

    Parameters
    ----------
    report
        Is called before each step that takes long.
    review
        If given, is called before the stack is changed or deleted: twice if the stack's creation
        has failed, since it has to be deleted first.

    Raises
    ------
    NotDeployedError
        If the review rejects the changes.
    ProjectError
        If the template or a file to upload is not valid.
    EnvironmentBuildError
        If the functions' requirements cannot be installed.
    DeploymentError
        If CloudFormation rejects the template or rolls the stack back.
    """
    if project.assets is not None:
        return _deploy_app(project, aws, report, review)
    return _deploy_stack(project, aws, report, review)


def _deploy_app(project: Project, aws: Aws, report: Report, review: Review | None) -> Deployment:
    """Deploy the stacks of a CDK app, and first what they expect in the account."""
    if not aws.is_local:
        raise ProjectError(
            f"{project.root} is a CDK app, which testbed deploys only to the testbed.",
            advice="Deploy it to AWS with: cdk deploy",
        )
    regions = {each.region: Aws(aws.endpoint_url, each.region) for each in project.stacks}
    for stack in project.stacks:
        kept = stack_parameters(regions[stack.region], stack.stack_name)
        _checked_template(replace(stack, kept_parameters=kept))
    report(f"deploying what `cdk synth` has written to {project.template.parent}")
    deployments = []
    for stack in project.stacks:
        assert stack.assets is not None
        there = regions[stack.region]
        if stack.assets.account:
            report(f"{stack.stack_name} is for {stack.assets.account}; here that is {ACCOUNT}")
        if bootstrap := cdk.missing_bootstrap(stack, there):
            _deploy_stack(bootstrap, there, report, None)
        cdk.publish(stack.assets, there, report)
        deployments.append(_deploy_stack(stack, there, report, review))
    # Its functions have no code in the project, so none is updated directly.
    return replace(
        deployments[-1],
        changed=any(each.changed for each in deployments),
        skipped=[skipped for each in deployments for skipped in each.skipped],
        left_behind=[leftover for each in deployments for leftover in each.left_behind],
        notes=[note for each in deployments for note in each.notes],
    )


def _deploy_stack(project: Project, aws: Aws, report: Report, review: Review | None) -> Deployment:
    files = {upload: upload.content() for upload in project.uploads}
    stack = describe_stack(aws, project.stack_name)
    project = replace(project, kept_parameters=kept_parameters(stack))
    template = _checked_template(project, local=aws.is_local)
    runs_on, remarks = running_runtimes(template, aws) if aws.is_local else ({}, [])
    packages = template_packages(template, report, runs_on, local=aws.is_local)
    artifacts = Artifacts(aws)
    artifacts.upload(template, packages)
    changed, outputs = update_stack(project, aws, stack, template.document, artifacts, review)
    functions = packages_by_function(project, aws, template, packages) if aws.is_local else {}
    # CloudFormation compares the template with the last one, so it leaves a function as it is whose
    # code was changed outside of the stack.
    restored = update_code(aws, artifacts, functions)
    _check_outputs(project, outputs)  # again: an output with a condition may be missing
    uploaded = [
        upload.name
        for upload, content in files.items()
        if put_if_new(aws, outputs[upload.output], content)
    ]
    skipped = skipped_resources(aws, project.stack_name) if aws.is_local else []
    left = left_behind(aws, project.stack_name) if changed else []
    return Deployment(
        outputs, changed, uploaded, skipped, left, remarks, restored, functions, runs_on
    )


def prepare(project: Project, report: Report) -> None:
    """Do the part of a deployment that needs no AWS API: check the files and package the code.

    Raises
    ------
    ProjectError, EnvironmentBuildError
        As :func:`deploy`.
    """
    for template in check_all(project):
        needed = needed_runtimes(template)
        runs_on = {runtime: runtimes.choose(runtime, report).runs_on for runtime in needed}
        template_packages(template, report, runs_on)


def check(project: Project) -> TemplateFiles:
    """Check the files of a deployment; return the template with the local files that it names.

    Raises
    ------
    ProjectError
        As :func:`deploy`.
    """
    return check_all(project)[-1]


def check_all(project: Project) -> list[TemplateFiles]:
    """Check the files of a deployment; return the template of each stack.

    Raises
    ------
    ProjectError
        As :func:`deploy`.
    """
    for upload in project.uploads:
        upload.content()
    return [_checked_template(each) for each in project.stacks]


def _checked_template(project: Project, *, local: bool = True) -> TemplateFiles:
    template = template_files(
        project.template,
        project.parameters,
        project.region,
        "runs here" if local else "is built here",
        kept=project.kept_parameters,
    )
    assets = project.assets or Assets()
    raise_problems([*template.all_problems(), *assets.problems])
    if assets.account:
        template.document = json.loads(assets.localized(json.dumps(template.document)))
    outputs = section(template.document, "Outputs")
    if not any(name.startswith("Fn::") for name in outputs):  # such as Fn::ForEach
        _check_outputs(project, outputs)
    return template


def _check_outputs(project: Project, outputs: Iterable[str]) -> None:
    for upload in project.uploads:
        if upload.output not in outputs:
            raise ProjectError(
                f"{project.template.name} has no output {upload.output}, which must hold the URI"
                f" to upload {upload.name} to."
            )
