"""Checks of the project: its configuration, and the files that are deployed."""

from __future__ import annotations

from dataclasses import replace

from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, checks, ok, problem, warning
from testbed.errors import ProjectError
from testbed.project.project import Project


@checks("project")
def project(context: Context) -> Finding:
    """Check that the project's configuration is valid, if there is a project."""
    if not context.session.has_project:
        return ok(f"none in {context.root}: `testbed up` starts an empty LocalStack")
    found = context.project
    if isinstance(found, ProjectError):
        return _problem(found)
    return ok(f"{found.root}, stack {found.stack_name}")


@checks("deployed files")
def deployment(context: Context) -> Finding | None:
    """Check the template, the folders of code that it names, and the files to upload."""
    from testbed.deployment.deploy import check

    found = context.project
    if isinstance(found, ProjectError):
        return None
    try:
        missing = _missing_parameters(found)
        check(replace(found, kept_parameters=frozenset(missing)))
    except ProjectError as error:
        return _problem(error)
    if missing:
        return warning(
            f"{found.template.name} has parameters without a value and a default:"
            f" {', '.join(missing)}",
            "`testbed up` asks for them on a terminal. Elsewhere, use --parameter NAME=VALUE, or"
            " --config-env NAME for an environment of samconfig.toml that sets them.",
        )
    return ok(", ".join([found.template.name, *(upload.name for upload in found.uploads)]))


def _missing_parameters(project: Project) -> list[str]:
    from testbed.project.template import missing_parameters, read_template

    # The stacks of a CDK app set theirs.
    if project.assets is not None:
        return []
    return list(missing_parameters(read_template(project.template), project.parameters))


def _problem(error: ProjectError) -> Finding:
    details = " ".join(error.details.split())
    found = f"{error.message} {details}".rstrip()
    return problem(found, error.advice or "Correct the file: `testbed up` and `deploy` reject it.")
