"""The deployment packages of a template's functions and layers, for the runtimes that run them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from testbed.control.endpoint import Endpoint
from testbed.control.runtimes import notes, running_runtime
from testbed.deployment.code_updates import local_functions
from testbed.deployment.packaging import Package, package
from testbed.deployment.requirements import host_architecture
from testbed.project.functions import RUNTIME

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.machine.cache import Report
    from testbed.project.local_files import LocalFile, TemplateFiles
    from testbed.project.project import Project


def needed_runtimes(template: TemplateFiles) -> list[str]:
    """Return the runtimes of the template's functions and of the layers that are built."""
    built = {code.build.runtime for code in template.code() if code.build}
    return sorted(built | set(template.all_runtimes().values()))


def running_runtimes(template: TemplateFiles, aws: Aws) -> tuple[dict[str, str], list[str]]:
    """Ask the emulator which runtimes execute the template's functions.

    Returns
    -------
    tuple[dict[str, str], list[str]]
        What each runtime runs on, and notes about functions for which it is another one.
    """
    endpoint = Endpoint(aws.endpoint_url)
    answers = {each: running_runtime(endpoint, each) for each in needed_runtimes(template)}
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
        As :func:`testbed.deployment.deploy.deploy`.
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


def template_packages(
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


def packages_by_function(
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
