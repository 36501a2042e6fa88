"""Checks for common problems, each with advice on how to fix what it finds: ``testbed doctor``."""

from __future__ import annotations

from testbed.doctor import (
    aws_cli,
    docker,
    init_scripts,
    machine,
    project,
    pythons,
    running,
    variables,
)
from testbed.doctor.context import Context
from testbed.doctor.finding import Check, Finding

# In the order in which a reader should fix problems.
CHECKS: tuple[Check, ...] = (
    project.project,
    project.deployment,
    pythons.scripts_python,
    pythons.required_python,
    pythons.own_python,
    pythons.own_packages,
    pythons.localstack_environment,
    pythons.runtime_environment,
    pythons.runtimes,
    pythons.extension,
    init_scripts.kinds,
    init_scripts.execute_permission,
    init_scripts.line_endings,
    init_scripts.byte_order_marks,
    init_scripts.interpreters,
    machine.architecture,
    machine.isolation,
    machine.open_files,
    machine.state_disk,
    machine.cache_disk,
    running.testbed,
    running.port,
    aws_cli.installed,
    variables.proxies,
    variables.aws,
    docker.daemon,
    docker.address,
    docker.socket,
    docker.compose,
    machine.docker_architecture,
    machine.docker_disk,
)


def examine(context: Context) -> list[Finding]:
    """Run all checks, and return their findings; a check that does not apply has none."""
    return [finding for check in CHECKS if (finding := check(context))]
