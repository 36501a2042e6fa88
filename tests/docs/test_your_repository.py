"""A team follows docs/your-repository.md in a repository of its own.

Nothing is installed: ``tests/installation`` follows the page with a wheel.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testbed.control import control_secret
from testbed.machine.ports import random_free_port
from tests.docs import team
from tests.docs.walkthrough import Shell, follow, steps


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    """A shell next to the repository; the testbed that it starts is stopped."""
    state = team.new_repository(tmp_path) / ".testbed"
    # Processes that run tests at the same time would all find 4566 free.
    port = random_free_port()
    # Starting a LocalStack for each test run would take long: they share that of `testbed up`,
    # which is as new, and cannot be shared by two processes.
    shared = f"""
[ "$1" = -n ] && shift 2
{sys.executable} -m testbed --state {state} reset || exit
export {control_secret.FILE_VARIABLE}={state / control_secret.FILE}
exec {sys.executable} -m pytest -p no:cacheprovider \\
    --testbed-endpoint-url=http://127.0.0.1:{port} "$@"
"""
    programs = {
        "testbed": f'[ "$1" != up ] || set -- "$@" --port {port}\n'
        f'exec {sys.executable} -m testbed "$@"',
        "pytest": shared,
        "python3": f'[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"\n'
        "mkdir -p .venv/bin && touch .venv/bin/activate",
        "pip": "test -f requirements-dev.txt",
    }
    with Shell.started(tmp_path, team.environment(programs, tmp_path / "bin")) as started:
        try:
            yield started
        finally:
            started.run(f"testbed --state {state} down")


@pytest.mark.long
def test_your_repository(shell: Shell) -> None:
    for step in steps(team.PAGE):
        follow(step, shell, Path(shell.run("pwd")[1].strip()))
