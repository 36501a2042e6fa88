"""Deployment of a SAM template by a change set, as ``sam deploy`` does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.aws.change_set import Change, changes_of, removal_of
from testbed.aws.clients import Aws
from testbed.aws.objects import put_if_new
from testbed.aws.stacks import SkippedResource, describe_stack, skipped_resources
from testbed.control.endpoint import Endpoint
from testbed.control.runtimes import notes, running_runtime
from testbed.deployment import cdk
from testbed.deployment.artifacts import Artifacts
from testbed.deployment.code import local_functions, update_code
from testbed.deployment.destroy import delete_stack
from testbed.deployment.failures import check_usable, left_behind, rejected, rolled_back
from testbed.deployment.packaging import Package, package
from testbed.deployment.requirements import host_architecture
from testbed.emulators import runtimes
from testbed.errors import DeploymentError, ProjectError, preserved
from testbed.machine.waiting import WaitedTooLong, until
from testbed.project.assets import ACCOUNT, Assets
from testbed.project.functions import RUNTIME
from testbed.project.local_files import LocalFile, TemplateFiles, template_files
from testbed.project.problems import raise_problems
from testbed.project.template import missing_parameters, section

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import (
        DescribeChangeSetOutputTypeDef,
        ParameterTypeDef,
        StackTypeDef,
    )

    from testbed.machine.cache import Report
    from testbed.project.project import Project

_TIMEOUT_SECONDS = 300.0
_FAILED_CREATION = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
# CloudFormation's reasons for an empty change set.
_NO_CHANGES = re.compile(r"didn't contain changes|No updates are to be performed")
# A template in the request may have 51,200 bytes; a larger one goes through S3.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
_TEMPLATE_BODY_LIMIT = 51_200


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


Review = Callable[[list[Change]], bool]
"""Is called with the changes of a change set; returns whether to apply them."""


class NotDeployedError(DeploymentError):
    """The review of the changes has rejected them."""


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
    project = replace(project, kept_parameters=_kept_parameters(stack))
    template = _checked_template(project, local=aws.is_local)
    runs_on, remarks = _running_runtimes(template, aws) if aws.is_local else ({}, [])
    packages = _packages(template, report, runs_on, local=aws.is_local)
    artifacts = Artifacts(aws)
    artifacts.upload(template, packages)
    changed, outputs = _apply(project, aws, stack, template.document, artifacts, review)
    functions = _by_function(project, aws, template, packages) if aws.is_local else {}
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


def stack_parameters(aws: Aws, stack_name: str) -> frozenset[str]:
    """Return the parameters whose values a stack has already; none if there is no such stack."""
    return _kept_parameters(describe_stack(aws, stack_name))


def _kept_parameters(stack: StackTypeDef | None) -> frozenset[str]:
    if stack is None or stack["StackStatus"] in (*_FAILED_CREATION, "REVIEW_IN_PROGRESS"):
        return frozenset()
    return frozenset(each["ParameterKey"] for each in stack.get("Parameters", ()))


def prepare(project: Project, report: Report) -> None:
    """Do the part of a deployment that needs no AWS API: check the files and package the code.

    Raises
    ------
    ProjectError, EnvironmentBuildError
        As :func:`deploy`.
    """
    for template in check_all(project):
        needed = _needed_runtimes(template)
        runs_on = {runtime: runtimes.choose(runtime, report).runs_on for runtime in needed}
        _packages(template, report, runs_on)


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


def _needed_runtimes(template: TemplateFiles) -> list[str]:
    """Return the runtimes of the template's functions and of the layers that are built."""
    built = {code.build.runtime for code in template.code() if code.build}
    return sorted(built | set(template.all_runtimes().values()))


def _running_runtimes(template: TemplateFiles, aws: Aws) -> tuple[dict[str, str], list[str]]:
    """Ask the emulator which runtimes execute the template's functions.

    Returns
    -------
    tuple[dict[str, str], list[str]]
        What each runtime runs on, and notes about functions for which it is another one.
    """
    endpoint = Endpoint(aws.endpoint_url)
    answers = {each: running_runtime(endpoint, each) for each in _needed_runtimes(template)}
    # Another emulator than LocalStack has one Python, the testbed's.
    runs_on = {each: answer["runs_on"] if answer else RUNTIME for each, answer in answers.items()}
    return runs_on, list(notes(template.all_runtimes(), answers))


def code_packages(
    codes: Iterable[LocalFile], report: Report, runs_on: Mapping[str, str], *, local: bool = True
) -> list[Package]:
    """Return the deployment packages of functions and layers.

    There is one for all that share a folder and a runtime.

    Parameters
    ----------
    runs_on
        The runtimes that execute functions of others.
    local
        Whether they are for the testbed, in which all functions run on this machine's processor,
        whatever the template says.

    Raises
    ------
    ProjectError, EnvironmentBuildError
        As :func:`deploy`.
    """
    made: dict[tuple[object, ...], Package] = {}
    packages = []
    for code in codes:
        assert code.build is not None
        architecture = host_architecture() if local else code.build.architecture
        runtime = runs_on.get(code.build.runtime, code.build.runtime)
        key = (code.path, architecture, code.build.requirements, code.build.folder, runtime)
        if key not in made:
            made[key] = package(
                code.path, architecture, report,
                requirements=code.build.requirements, prefix=code.build.folder, runtime=runtime,
            )  # fmt: skip
        packages.append(made[key])
    return packages


def _packages(
    template: TemplateFiles, report: Report, runs_on: dict[str, str], *, local: bool = True
) -> list[Package]:
    packages = code_packages(template.code(), report, runs_on, local=local)
    for code in template.code():
        assert code.build is not None
        architecture = host_architecture() if local else code.build.architecture
        if architecture != code.build.architecture and _has_requirements(code):
            report(
                f"{code.logical_id}: Architectures is {code.build.architecture};"
                f" its packages are built for this machine, {architecture}"
            )
    return packages


def _by_function(
    project: Project, aws: Aws, template: TemplateFiles, packages: list[Package]
) -> dict[str, Package]:
    """Return the deployment packages by the names of the functions."""
    by_file = {id(file): package for file, package in zip(template.code(), packages, strict=True)}
    functions = local_functions(aws, project.stack_name, template)
    return {name: by_file[id(file)] for name, file in functions}


def _has_requirements(code: LocalFile) -> bool:
    return (
        bool(code.build and code.build.requirements) and (code.path / "requirements.txt").is_file()
    )


def _apply(
    project: Project,
    aws: Aws,
    stack: StackTypeDef | None,
    template: dict[str, Any],
    artifacts: Artifacts,
    review: Review | None,
) -> tuple[bool, dict[str, str]]:
    """Bring the stack up to date; return whether it was changed, and its outputs."""
    stack_name = project.stack_name
    if stack is not None and stack["StackStatus"] in _FAILED_CREATION:
        # A stack whose creation failed can only be deleted.
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
        if review and not review(list(removal_of(aws, stack_name))):
            raise NotDeployedError(
                f"{stack_name} was not changed; it is in {stack['StackStatus']}.",
                advice="Delete it before you deploy it again: testbed destroy",
            )
        delete_stack(aws, stack_name)
        stack = None
    if stack is not None:
        check_usable(stack_name, stack["StackStatus"])
    exists = stack is not None and stack["StackStatus"] != "REVIEW_IN_PROGRESS"
    change_set = f"testbed-{uuid.uuid4().hex[:12]}"
    request: dict[str, Any] = {
        "StackName": stack_name,
        "ChangeSetName": change_set,
        "ChangeSetType": "UPDATE" if exists else "CREATE",
        "Capabilities": list(project.capabilities),
        "Parameters": _parameters(project, template),
        "NotificationARNs": list(project.notification_arns),
        "Tags": [{"Key": name, "Value": value} for name, value in project.tags.items()],
    }
    body = json.dumps(template)
    if len(body) <= _TEMPLATE_BODY_LIMIT:
        request["TemplateBody"] = body
    else:
        request["TemplateURL"] = artifacts.put_template(body)
    try:
        aws.cloudformation.create_change_set(**request)
    except ClientError as error:
        raise rejected(project.template, error.response["Error"]["Message"]) from error
    try:
        wanted = _change_set_ready(project, aws, change_set)
        if wanted and review and not review(list(changes_of(aws, stack_name, change_set))):
            raise NotDeployedError(f"{stack_name} was not changed.")
    except BaseException as error:  # including Ctrl-C during the review
        with preserved(error):
            _discard(aws, stack_name, change_set, with_stack=stack is None)
        raise
    if not wanted:
        _discard(aws, stack_name, change_set, with_stack=False)
        return False, _outputs(stack)
    aws.cloudformation.execute_change_set(
        StackName=stack_name,
        ChangeSetName=change_set,
        DisableRollback=project.disable_rollback,
    )
    return True, _outputs(_await_stack(project, aws))


def _parameters(project: Project, template: dict[str, Any]) -> list[ParameterTypeDef]:
    given: list[ParameterTypeDef] = [
        {"ParameterKey": name, "ParameterValue": value}
        for name, value in project.parameters.items()
    ]
    missing = missing_parameters(template, project.parameters)
    kept: list[ParameterTypeDef] = [
        {"ParameterKey": name, "UsePreviousValue": True}
        for name in missing
        if name in project.kept_parameters
    ]
    return given + kept


def _outputs(stack: StackTypeDef | None) -> dict[str, str]:
    outputs = stack.get("Outputs", ()) if stack else ()
    return {output["OutputKey"]: output["OutputValue"] for output in outputs}


def _discard(aws: Aws, stack_name: str, change_set: str, *, with_stack: bool) -> None:
    """Delete a change set that is not executed, and the empty stack that it has created."""
    aws.cloudformation.delete_change_set(StackName=stack_name, ChangeSetName=change_set)
    if with_stack:
        aws.cloudformation.delete_stack(StackName=stack_name)


def _change_set_ready(project: Project, aws: Aws, change_set: str) -> bool:
    """Wait until a change set is ready; return whether it changes anything."""
    stack_name = project.stack_name
    answer: DescribeChangeSetOutputTypeDef | None = None

    def finished() -> bool:
        nonlocal answer
        answer = aws.cloudformation.describe_change_set(
            StackName=stack_name, ChangeSetName=change_set
        )
        return answer["Status"] not in ("CREATE_PENDING", "CREATE_IN_PROGRESS")

    _until(aws, finished, f"change set {change_set}")
    assert answer is not None
    status, reason = answer["Status"], answer.get("StatusReason", "")
    if status == "CREATE_COMPLETE":
        return True  # even without changed resources: outputs or tags may have changed
    if _NO_CHANGES.search(reason):
        return False
    raise rejected(project.template, reason or status)


def _await_stack(project: Project, aws: Aws) -> StackTypeDef | None:
    """Wait until the stack has been created or updated; return it.

    Raises
    ------
    DeploymentError
        If that fails.
    """
    stack_name = project.stack_name
    stack: StackTypeDef | None = None

    def finished() -> bool:
        nonlocal stack
        stack = describe_stack(aws, stack_name)
        return stack is None or not stack["StackStatus"].endswith("_IN_PROGRESS")

    _until(aws, finished, f"stack {stack_name}")
    status = stack["StackStatus"] if stack else "DELETED"
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return stack
    reason = stack.get("StackStatusReason", "") if stack else ""
    raise rolled_back(aws, project, status, reason)


def _until(aws: Aws, condition: Callable[[], bool], what: str) -> None:
    try:
        until(condition, within=_TIMEOUT_SECONDS, what=what, every=aws.poll_seconds)
    except WaitedTooLong as error:
        raise DeploymentError(
            str(error),
            advice="It may still end: `testbed status` shows the state of the stack, and"
            " `testbed logs` what custom resources do.",
        ) from error
