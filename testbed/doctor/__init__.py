"""What usually goes wrong: looked at piece by piece, each with what to do about it."""

from __future__ import annotations

from testbed.doctor import (
    docker,
    init_scripts,
    machine,
    pythons,
    running,
    variables,
)
from testbed.doctor.finding import Check, Finding
from testbed.doctor.place import Place

# In the order in which a reader would mend things.
CHECKS: tuple[Check, ...] = (
    running.project,
    pythons.scripts_python,
    pythons.wanted_python,
    pythons.own_python,
    pythons.own_packages,
    pythons.localstack_environment,
    pythons.runtime_environment,
    pythons.extension,
    init_scripts.kinds,
    init_scripts.run_bits,
    init_scripts.line_ends,
    init_scripts.byte_order_marks,
    init_scripts.interpreters,
    machine.architecture,
    machine.isolation,
    machine.open_files,
    machine.state_disk,
    machine.cache_disk,
    running.testbed,
    running.port,
    variables.proxies,
    variables.aws,
    docker.daemon,
    docker.address,
    docker.socket,
    docker.compose,
    machine.docker_architecture,
    machine.docker_disk,
)


def examine(place: Place) -> list[Finding]:
    """Return what every check has found that had something to look at."""
    return [finding for check in CHECKS if (finding := check(place))]
