"""Test runs inside of tests, most of them on the testbed that runs already."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from testbed.control import control_secret
from testbed.emulators.environments import cache_folder
from testbed.pytest_plugin.running import RunningTestbed

TEMPLATE = """
Resources:
  Queue:
    Type: AWS::SQS::Queue
  Topic:
    Type: AWS::SNS::Topic
    Properties:
      Subscription: [{Protocol: email, Endpoint: somebody@example.com}]
  Bucket:
    Type: AWS::S3::Bucket
Parameters:
  Word: {Type: String, Default: hello}
Outputs:
  Word: {Value: !Ref Word}
"""


@dataclass(frozen=True)
class Project:
    """A project of somebody else's, with a test run."""

    pytester: pytest.Pytester
    endpoint_url: str

    def run(self, test: str, *options: str, own: bool = False) -> pytest.RunResult:
        """Run a test module; with ``own``, on a testbed of its own."""
        self.pytester.makepyfile(test)
        where = [] if own else [f"--testbed-endpoint-url={self.endpoint_url}"]
        quiet = ["-p", "no:randomly", "-p", "no:cacheprovider"]
        # A process of its own takes a second to start.
        run = self.pytester.runpytest_subprocess if own else self.pytester.runpytest_inprocess
        return run(*quiet, *where, *options)


@pytest.fixture(autouse=True)
def caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let inner runs, which have a home of their own, use what has been built for this one."""
    monkeypatch.setenv("TESTBED_CACHE", str(cache_folder()))


@pytest.fixture
def secret_in_environment(testbed: RunningTestbed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let inner runs know the control secret of the testbed that runs already."""
    secret = testbed.session.localstack.control_secret()
    assert secret is not None
    monkeypatch.setenv(control_secret.VARIABLE, secret.value)


@pytest.fixture
def project(
    pytester: pytest.Pytester,
    testbed: RunningTestbed,
    unique_name: str,
    secret_in_environment: None,
) -> Project:
    """A project with a small template, in a folder of a name of its own."""
    made = pytester.mkdir(unique_name)
    (made / "template.yaml").write_text(TEMPLATE)
    pytester.makeini(
        f"[pytest]\ntestbed_template = {unique_name}/template.yaml\n"
        "filterwarnings = ignore::pytest.PytestRemovedIn10Warning\n"
    )
    return Project(pytester, testbed.endpoint_url)
