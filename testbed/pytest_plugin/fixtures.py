"""pytest's options, fixtures and hook. What they need is imported when they are used."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from testbed.pytest_plugin import targets
from testbed.terminal.control_characters import visible_lines

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.control.clock import Clock
    from testbed.control.faults import Faults
    from testbed.control.inbox import Inbox
    from testbed.control.journal import Journal
    from testbed.control.permissions import Permissions
    from testbed.pytest_plugin.plan import Plan
    from testbed.pytest_plugin.running import RunningTestbed, Site
    from testbed.pytest_plugin.stack import Stack

_RUNNING = pytest.StashKey["RunningTestbed"]()
_STARTED = pytest.StashKey[datetime]()
_LONGEST_NAME = 30


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line and of the configuration."""
    group = parser.getgroup("testbed", "a local AWS for tests of serverless applications")
    group.addoption(
        "--testbed-endpoint-url",
        metavar="URL",
        help="use the LocalStack or MiniStack that runs there, and start none",
    )
    group.addoption(
        "--testbed-target",
        choices=targets.NAMES,
        default=targets.NAMES[0],
        help="where tests run: LocalStack as a process (the default), LocalStack in a container as"
        " docker-compose.yml says, MiniStack, or the AWS account that the AWS CLI finds",
    )
    parser.addini(
        "testbed_template",
        "the SAM or CloudFormation template of the fixture `stack`; otherwise that of"
        " samconfig.toml, or template.yaml",
    )
    parser.addini("testbed_parameters", "its parameters: NAME=VALUE …")
    parser.addini("testbed_env", "settings of LocalStack and the extension: NAME=VALUE …")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse options that exclude one another."""
    name = config.getoption("--testbed-target")
    if config.getoption("--testbed-endpoint-url") and not target_of(config).takes_endpoint:
        raise pytest.UsageError(
            f"--testbed-target {name} has no endpoint to choose: leave out --testbed-endpoint-url"
        )
    workers = config.getoption("numprocesses", None)  # pytest-xdist's, if it is there
    if workers and not target_of(config).takes_workers:
        raise pytest.UsageError(
            f"--testbed-target {name} is the same for all test processes: leave out -n"
        )


def plan_of(config: pytest.Config) -> Plan:
    """Return what the options and the configuration say."""
    from testbed.pytest_plugin.plan import Plan

    return Plan(
        root=config.rootpath,
        template=str(config.getini("testbed_template")),
        parameters=str(config.getini("testbed_parameters")),
        settings=str(config.getini("testbed_env")),
        endpoint_url=config.getoption("--testbed-endpoint-url"),
    )


def target_of(config: pytest.Config) -> targets.Target:
    """Return where tests run."""
    return targets.target_of(config.getoption("--testbed-target"))


@contextmanager
def _expected_failures() -> Iterator[None]:
    """Fail with a message in place of a traceback where somebody has to do something."""
    from botocore.exceptions import BotoCoreError, ClientError

    from testbed.errors import TestbedError
    from testbed.machine.file_errors import explained

    try:
        yield
    except (BotoCoreError, ClientError) as error:  # what boto3 says is meant for people
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
    """Where tests run: a LocalStack of this test process, on its own port, or what was chosen."""
    state = tmp_path_factory.mktemp("testbed")
    with (
        _expected_failures(),
        target_of(pytestconfig).running(plan_of(pytestconfig), state) as started,
    ):
        pytestconfig.stash[_RUNNING] = started
        yield started


@pytest.fixture(scope="session")
def stack(testbed: RunningTestbed) -> Stack:
    """The project's stack: its outputs, its API, and the physical ids of its resources."""
    with _expected_failures():
        return testbed.deploy_project()


@pytest.fixture
def deploy(testbed: RunningTestbed, pytestconfig: pytest.Config) -> Iterator[Callable[..., Stack]]:
    """Deploys any template, by its path from pytest's root folder, for the time of the test.

    ``deploy("other/template.yaml", Parameter="value")`` returns its stack, of a name of its own.
    With ``confirmed=False`` its email subscriptions wait for ``inbox.confirm()``.
    """
    with ExitStack() as stacks:

        def deploy(template: str | Path, *, confirmed: bool = True, **parameters: str) -> Stack:
            path = pytestconfig.rootpath / template
            with _expected_failures():
                return stacks.enter_context(testbed.deployed(path, parameters, confirmed=confirmed))

        yield deploy


@pytest.fixture(scope="session")
def aws(testbed: RunningTestbed) -> Aws:
    """Clients of the AWS SDK: ``aws.s3``, ``aws.client("dynamodb")`` …"""
    return testbed.aws


@pytest.fixture(scope="session")
def clock(testbed: RunningTestbed) -> Clock:
    """The clock that schedules go by: it can be moved forward, and schedules can be fired."""
    return testbed.clock


@pytest.fixture(scope="session")
def inbox(testbed: RunningTestbed) -> Inbox:
    """The emails that were sent, by SNS and SES."""
    return testbed.inbox


@pytest.fixture(scope="session")
def journal(testbed: RunningTestbed) -> Journal:
    """The journal of everything that happened."""
    return testbed.journal


@pytest.fixture
def permissions(testbed: RunningTestbed) -> Permissions:
    """What roles' permissions were used for, and what was refused, since the test began."""
    permissions = testbed.permissions
    permissions.forget()
    return permissions


@pytest.fixture
def faults(testbed: RunningTestbed) -> Iterator[Faults]:
    """Calls that fail, messages that come twice, killed functions: until the test's end."""
    with testbed.faults() as made:
        yield made


@pytest.fixture
def clean(testbed: RunningTestbed, stack: Stack) -> None:
    """Begin with empty queues, no emails, no faults, and buckets as the deployment left them."""
    testbed.clean(stack)


@pytest.fixture
def website(testbed: RunningTestbed) -> Iterator[Callable[..., Site]]:
    """Makes websites that functions can reach: ``website("text of the page")``.

    They can be made to fail: ``site.down()``, ``site.slow(2.0)``, ``site.answers(503)``.
    """
    from testbed.machine.websites import Page

    with ExitStack() as websites:

        def make(body: str = "All is well", content_type: str = "text/html") -> Site:
            with _expected_failures():
                site = testbed.website(Page("website", content_type, body, body))
            websites.callback(site.close)
            return site

        yield make


@pytest.fixture
def unique_name(request: pytest.FixtureRequest) -> str:
    """A name that no other test has, of at most 39 characters that AWS allows in names."""
    words = re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")
    return f"{words[:_LONGEST_NAME].strip('-')}-{uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="session")
def eventually() -> Callable[..., Any]:
    """Waits until a condition is true: ``eventually(lambda: inbox.emails(), within=5)``."""
    from testbed.pytest_plugin.eventually import eventually

    return eventually


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note when a test began."""
    item.stash[_STARTED] = datetime.now(UTC)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Explain a failed test by what happened in its testbed."""
    report = yield
    running = item.config.stash.get(_RUNNING, None)
    used = "testbed" in getattr(item, "fixturenames", ())
    if report.failed and used and running is not None and call.when != "teardown":
        from testbed.pytest_plugin.report import explain

        report.sections.append(("testbed", explain(running, item.stash[_STARTED])))
    return report
