"""The public API: names that are imported when they are used, with examples that work."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

import testbed as package
from testbed import RunningTestbed
from testbed.control import control_secret
from testbed.deployment.destroy import destroy_stack
from testbed.project.discovery import stack_name_of
from tests.conftest import ROOT
from tests.public_examples import as_module, example_of

# Public names without an example that is run, and why.
NOT_RUN: dict[str, str] = {}


@pytest.mark.parametrize("name", package.__all__)
def test_public_name_is_described(name: str) -> None:
    described = getattr(package, name)
    assert described.__doc__
    assert name in dir(package)
    assert bool(example_of(name)) is (name not in NOT_RUN)


def test_names_are_sorted_and_have_one_module_each() -> None:
    assert package.__all__ == sorted(package._MODULES)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'testbed' has no attribute 'Nothing'"):
        package.Nothing  # noqa: B018


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys, testbed; print(*(n for n in sys.modules if n.startswith('testbed.')));"
        "from testbed import TestbedError; print('testbed.errors' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout.split() == ["True"]


@pytest.fixture
def inner(
    pytester: pytest.Pytester,
    testbed: RunningTestbed,
    monkeypatch: pytest.MonkeyPatch,
    unique_name: str,
) -> Iterator[pytest.Pytester]:
    """A project whose stack the examples use."""
    secret = testbed.session.localstack.control_secret()
    assert secret is not None
    monkeypatch.setenv(control_secret.VARIABLE, secret.value)
    template = (ROOT / "tests" / "plugin" / "examples.yaml").read_text()
    (pytester.path / "template.yaml").write_text(template)
    folder = pytester.mkdir(unique_name)
    (folder / "template.yaml").write_text(template)
    pytester.makeini(f"[pytest]\ntestbed_template = {unique_name}/template.yaml\n")
    pytester.makeconftest(
        "import pytest\n@pytest.fixture\ndef endpoint_url(testbed): return testbed.endpoint_url\n"
    )
    yield pytester
    destroy_stack(testbed.aws, stack_name_of(folder / "template.yaml"))


def test_examples_work(inner: pytest.Pytester, testbed: RunningTestbed) -> None:
    names = [name for name in package.__all__ if name not in NOT_RUN]
    inner.makepyfile(**{f"test_{name}": as_module(example_of(name)) for name in names})
    result = inner.runpytest_inprocess(
        "-p", "no:randomly", "-p", "no:cacheprovider",
        f"--testbed-endpoint-url={testbed.endpoint_url}",
    )  # fmt: skip
    result.assert_outcomes(passed=len(names))
