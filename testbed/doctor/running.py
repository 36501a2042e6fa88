"""Checks of the running testbed, and of its port."""

from __future__ import annotations

from testbed.control.endpoint import Endpoint
from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, checks, ok, problem, warning
from testbed.emulators import instance
from testbed.errors import TestbedError
from testbed.machine import ports

_ANSWER_LIMIT_SECONDS = 5


@checks("running testbed")
def testbed(context: Context) -> Finding:
    """Check that the testbed answers, if it was started."""
    recorded = instance.load(context.state)
    if recorded is None:
        return ok("no LocalStack process was started")
    if recorded.process() is None:
        return warning(
            f"the testbed at {recorded.endpoint_url} (process {recorded.pid}) has crashed",
            f"Clean up with: testbed down; its log is {context.state / 'localstack.log'}.",
        )
    if not _is_localstack(recorded.endpoint_url):
        return problem(
            f"process {recorded.pid} does not answer at {recorded.endpoint_url}",
            f"Stop it with: testbed down; its log is {context.state / 'localstack.log'}.",
        )
    return ok(f"{recorded.endpoint_url} (process {recorded.pid})")


@checks("port")
def port(context: Context) -> Finding:
    """Check that LocalStack's port is free, or used by this testbed."""
    given = context.compose_variables.get("TESTBED_PORT") or str(ports.DEFAULT_PORT)
    if not given.isdecimal() or not 0 < int(given) < 1 << 16:
        return warning(
            f"TESTBED_PORT={given} is not a port", "Set a number from 1 to 65535, or unset it."
        )
    number = int(given)
    url = f"http://{ports.HOST}:{number}"
    recorded = instance.load(context.state)
    if recorded and recorded.process() and recorded.endpoint_url == url:
        return ok(f"{number} is used by this testbed")
    if ports.is_free(number):
        return ok(f"{number} is free")
    container = context.session.compose.running()
    if container and container.endpoint_url == url:
        return ok(f"{number} is used by this project's container {container.name}")
    what = "; a LocalStack answers there" if _is_localstack(url) else ""
    return warning(
        ports.taken(number).message.rstrip(".") + what,
        "`testbed up` uses another port. For `docker compose up`, stop that program, or choose a"
        " port: export TESTBED_PORT=NUMBER",
    )


def _is_localstack(url: str) -> bool:
    try:
        answer = Endpoint(url).send(
            "GET", "/_localstack/health", answer_within=_ANSWER_LIMIT_SECONDS
        )
    except TestbedError:
        return False
    return answer.ok and "services" in answer.text
