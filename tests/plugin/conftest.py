"""Test runs inside of tests, most of them on the testbed of the outer run."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from testbed.control import control_secret
from testbed.machine.cache_folder import cache_folder
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
    """A project that uses the plug-in, to run tests in."""

    pytester: pytest.Pytester
    endpoint_url: str

    def run(self, test: str, *options: str, own: bool = False) -> pytest.RunResult:
        """Run a test module on the outer run's testbed, or with ``own`` on a new one."""
        self.pytester.makepyfile(test)
        where = [] if own else [f"--testbed-endpoint-url={self.endpoint_url}"]
        quiet = ["-p", "no:randomly", "-p", "no:cacheprovider"]
        # A separate process takes a second to start.
        run = self.pytester.runpytest_subprocess if own else self.pytester.runpytest_inprocess
        return run(*quiet, *where, *options)


@pytest.fixture(autouse=True)
def caches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let inner runs, which have another home folder, use the outer run's cache."""
    monkeypatch.setenv("TESTBED_CACHE", str(cache_folder()))


@pytest.fixture
def secret_in_environment(testbed: RunningTestbed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give inner runs the control secret of the outer run's testbed."""
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
    """A project with a small template, in a folder with a unique name."""
    made = pytester.mkdir(unique_name)
    (made / "template.yaml").write_text(TEMPLATE)
    pytester.makeini(
        f"[pytest]\ntestbed_template = {unique_name}/template.yaml\n"
        "filterwarnings = ignore::pytest.PytestRemovedIn10Warning\n"
    )
    return Project(pytester, testbed.endpoint_url)
