"""Checks of the project: its configuration, and the files that are deployed."""

from __future__ import annotations

from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, checks, ok, problem
from testbed.errors import ProjectError


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
        check(found)
    except ProjectError as error:
        return _problem(error)
    return ok(", ".join([found.template.name, *(upload.name for upload in found.uploads)]))


def _problem(error: ProjectError) -> Finding:
    details = " ".join(error.details.split())
    found = f"{error.message} {details}".rstrip()
    return problem(found, error.advice or "Correct the file: `testbed up` and `deploy` reject it.")
