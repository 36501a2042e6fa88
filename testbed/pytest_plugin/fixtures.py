"""The fixtures, and the section about the testbed in the report of a failed test.

``plugin`` registers this module in projects that use the testbed. What a fixture needs is imported
when a test asks for it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from testbed.terminal.control_characters import visible_lines

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.control.clock import Clock
    from testbed.control.faults import Faults
    from testbed.control.inbox import Inbox
    from testbed.control.journal import Journal
    from testbed.control.permissions import Permissions
    from testbed.pytest_plugin.configuration import Configuration
    from testbed.pytest_plugin.fixture_types import Deploy, Eventually, MakeWebsite, Website
    from testbed.pytest_plugin.function_logs import Logs
    from testbed.pytest_plugin.redirection import Redirection
    from testbed.pytest_plugin.running import RunningTestbed
    from testbed.pytest_plugin.stack import Stack

_RUNNING = pytest.StashKey["RunningTestbed"]()
_STARTED = pytest.StashKey[datetime]()
_REDIRECTION = pytest.StashKey["Redirection"]()
_LONGEST_NAME = 30


def configuration_of(config: pytest.Config) -> Configuration:
    """Return the configuration of the test run."""
    from testbed.pytest_plugin.configuration import Configuration

    return Configuration(
        root=config.rootpath,
        template=str(config.getini("testbed_template")),
        parameters=str(config.getini("testbed_parameters")),
        settings=str(config.getini("testbed_env")),
        endpoint_url=config.getoption("--testbed-endpoint-url"),
        environment=str(config.getini("testbed_config_env")),
    )


@contextmanager
def expected_failures() -> Iterator[None]:
    """Fail with a message instead of a traceback if the reader has to do something."""
    from botocore.exceptions import BotoCoreError, ClientError

    from testbed.errors import TestbedError
    from testbed.machine.file_errors import explained

    try:
        yield
    except (BotoCoreError, ClientError) as error:  # boto3's messages are meant for people
        raise pytest.fail.Exception(visible_lines(f"{error}"), pytrace=False) from None
    except (TestbedError, OSError) as error:
        expected = explained(error) if isinstance(error, OSError) else error
        if expected is None:
            raise
        parts = (expected.message, expected.details, expected.advice)
        text = "\n".join(part for part in parts if part)
        raise pytest.fail.Exception(visible_lines(text), pytrace=False) from None


@pytest.fixture(scope="session")
def testbed(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningTestbed]:
    """The running target: this test process's own LocalStack, or the one that options choose."""
    from testbed.pytest_plugin.targets import target_of

    state = tmp_path_factory.mktemp("testbed")
    with (
        expected_failures(),
        target_of(pytestconfig.getoption("--testbed-target")).running(
            configuration_of(pytestconfig), state
        ) as started,
    ):
        pytestconfig.stash[_RUNNING] = started
        if started.aws.is_local:
            _redirection(pytestconfig).start(started.endpoint_url, started.aws.region)
        yield started


@pytest.fixture(scope="session")
def stack(testbed: RunningTestbed) -> Iterator[Stack]:
    """The project's deployed stack: outputs, API URL, and physical IDs of resources."""
    with expected_failures():
        deployed = testbed.deploy_project()
    yield deployed
    testbed.forget()


@pytest.fixture
def deploy(testbed: RunningTestbed, pytestconfig: pytest.Config) -> Iterator[Deploy]:
    """Deploy a further template for one test: ``deploy("other/template.yaml", Name="value")``.

    The path is relative to pytest's root folder. With ``confirmed=False`` the stack's email
    subscriptions stay unconfirmed.
    """
    with ExitStack() as stacks:

        def deploy(template: str | Path, *, confirmed: bool = True, **parameters: str) -> Stack:
            path = pytestconfig.rootpath / template
            with expected_failures():
                return stacks.enter_context(testbed.deployed(path, parameters, confirmed=confirmed))

        yield deploy


@pytest.fixture(scope="session")
def aws(testbed: RunningTestbed) -> Aws:
    """Clients of the AWS SDK: ``aws.s3``, ``aws.client("dynamodb")``."""
    return testbed.aws


@pytest.fixture(scope="session")
def clock(testbed: RunningTestbed) -> Clock:
    """The clock of rules and schedules, to advance it and to fire schedules on demand."""
    return testbed.clock


@pytest.fixture(scope="session")
def inbox(testbed: RunningTestbed) -> Inbox:
    """The emails that SNS and SES have sent."""
    return testbed.inbox


@pytest.fixture(scope="session")
def journal(testbed: RunningTestbed) -> Journal:
    """The journal of API calls, deliveries, invocations and emails."""
    return testbed.journal


@pytest.fixture
def logs(testbed: RunningTestbed, request: pytest.FixtureRequest) -> Logs:
    """What functions have logged since the test began: ``logs.lines("Monitor")``."""
    from testbed.pytest_plugin.function_logs import Logs

    return Logs(testbed.aws, testbed.session.stack_names, request.node.stash[_STARTED])


@pytest.fixture
def permissions(testbed: RunningTestbed) -> Permissions:
    """The permissions that were used and denied since the test began."""
    permissions = testbed.permissions
    permissions.forget()
    return permissions


@pytest.fixture
def faults(testbed: RunningTestbed) -> Iterator[Faults]:
    """Fault injection: failing calls, duplicate messages, killed functions, until the test ends."""
    with testbed.faults() as made:
        yield made


@pytest.fixture
def clean(testbed: RunningTestbed, stack: Stack) -> None:
    """Return the testbed to the state right after the deployment of the stack."""
    with expected_failures():
        testbed.clean(stack)


@pytest.fixture
def website(testbed: RunningTestbed) -> Iterator[MakeWebsite]:
    """Open a website that functions can reach: ``website("text of the page")``.

    Tests can make it fail: ``site.down()``, ``site.slow(2.0)``, ``site.answers(503)``.
    """
    from testbed.websites.page import Page

    with ExitStack() as websites:

        def make(body: str = "All is well", content_type: str = "text/html") -> Website:
            with expected_failures():
                site = testbed.website(Page.of("website", body, content_type))
            websites.callback(site.close)
            return site

        yield make


@pytest.fixture
def unique_name(request: pytest.FixtureRequest) -> str:
    """A unique name for one test: at most 39 characters, which AWS allows in names."""
    words = re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{words[:_LONGEST_NAME].strip('-')}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def eventually() -> Eventually:
    """Wait until a condition is true: ``eventually(lambda: inbox.emails(), within=5)``."""
    from testbed.pytest_plugin.eventually import eventually

    return eventually


def pytest_report_header(config: pytest.Config) -> str:
    """Say that the project uses the testbed, and where its tests run."""
    endpoint_url = config.getoption("--testbed-endpoint-url")
    return f"testbed: target {_target(config)}" + (f" at {endpoint_url}" if endpoint_url else "")


def pytest_configure(config: pytest.Config) -> None:
    """Make sure that the code under test does not use the user's AWS account."""
    from testbed.pytest_plugin.redirection import Redirection

    config.stash[_REDIRECTION] = Redirection()
    if _target(config) != "aws":
        _redirection(config).use_credentials()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Restore the environment variables."""
    _redirection(config).end()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that use the testbed."""
    for item in items:
        if _uses_testbed(item):
            item.add_marker("testbed")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Redirect the code under test to the testbed, in tests that use it."""
    with _redirection(item.config).during(_uses_testbed(item)):
        return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Remember when a test began, and skip it if it is for other targets."""
    item.stash[_STARTED] = datetime.now(UTC)
    target = _target(item.config)
    for marker in item.iter_markers("testbed_target"):
        if target not in marker.args:
            pytest.skip(f"The test is for {' and '.join(map(str, marker.args))}, not {target}.")


def _redirection(config: pytest.Config) -> Redirection:
    return config.stash[_REDIRECTION]


def _uses_testbed(item: pytest.Item) -> bool:
    return "testbed" in getattr(item, "fixturenames", ())


def _target(config: pytest.Config) -> str:
    from testbed.pytest_plugin import targets

    return str(config.getoption("--testbed-target") or targets.NAMES[0])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what happened in the testbed to the report of a failed test."""
    report = yield
    running = item.config.stash.get(_RUNNING, None)
    if report.failed and _uses_testbed(item) and running is not None and call.when != "teardown":
        from testbed.pytest_plugin.report import explain

        report.sections.append(("testbed", explain(running, item.stash[_STARTED])))
    return report
