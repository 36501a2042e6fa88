"""The project, and the testbed that runs of it or has run."""

from __future__ import annotations

from testbed.control.endpoint import Endpoint
from testbed.doctor.finding import Finding, looks_at, ok, problem, warning
from testbed.doctor.place import Place
from testbed.emulators import instance
from testbed.errors import ProjectError, TestbedError
from testbed.machine import ports

_HEALTH_PATH = "/_localstack/health"
_ANSWER_LIMIT_SECONDS = 5


@looks_at("project")
def project(place: Place) -> Finding:
    """Look whether there is a project, and its files can be read."""
    found = place.project
    if isinstance(found, ProjectError):
        return problem(found.message, found.advice or found.details)
    return ok(f"{found.root}, stack {found.stack_name}")


@looks_at("testbed of this project")
def testbed(place: Place) -> Finding:
    """Look for a testbed that has died, or answers no more."""
    recorded = instance.load(place.state)
    if recorded is None:
        return ok("none runs as a process")
    if recorded.process() is None:
        return warning(
            f"the testbed at {recorded.endpoint_url} (process {recorded.pid}) has ended by itself",
            f"`testbed down` removes what it left; {place.state / 'localstack.log'} may say why.",
        )
    if not _is_localstack(recorded.endpoint_url):
        return problem(
            f"process {recorded.pid} runs, and does not answer at {recorded.endpoint_url}",
            f"testbed down; its log is {place.state / 'localstack.log'}.",
        )
    return ok(f"runs at {recorded.endpoint_url} (process {recorded.pid})")


@looks_at("port")
def port(place: Place) -> Finding:
    """Look whether LocalStack's port is free, or who has it."""
    given = place.compose_variables.get("TESTBED_PORT") or str(ports.DEFAULT_PORT)
    if not given.isdecimal() or not 0 < int(given) < 1 << 16:
        return warning(f"TESTBED_PORT={given} is no port", "Set a number below 65536, or unset it.")
    number = int(given)
    url = f"http://{ports.HOST}:{number}"
    recorded = instance.load(place.state)
    if recorded and recorded.process() and recorded.endpoint_url == url:
        return ok(f"{number} is this testbed's")
    if ports.is_free(number):
        return ok(f"{number} is free")
    container = None if isinstance(place.project, ProjectError) else place.session.compose.running()
    if container and container.endpoint_url == url:
        return ok(f"{number} is this project's container {container.name}")
    what = "; a LocalStack answers there" if _is_localstack(url) else ""
    return warning(
        ports.taken(number).message.rstrip(".") + what,
        "`testbed up` takes another one; for `docker compose up` stop that program, or choose:"
        " export TESTBED_PORT=NUMBER",
    )


def _is_localstack(url: str) -> bool:
    try:
        answer = Endpoint(url).send(
            "GET", "/_localstack/health", answer_within=_ANSWER_LIMIT_SECONDS
        )
    except TestbedError:
        return False
    return answer.ok and "services" in answer.text
