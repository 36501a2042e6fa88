"""The plug-in in projects that use the testbed, and in those that only have it installed."""

from __future__ import annotations

import pytest

_TEMPLATE = "Resources: {Queue: {Type: AWS::SQS::Queue}}"
_FIXTURES = (
    "aws", "clean", "clock", "deploy", "eventually", "faults", "inbox", "journal", "logs",
    "permissions",
    "stack", "testbed", "unique_name", "website",
)  # fmt: skip
_HEAVY = ("boto3", "botocore", "click", "docker", "jsonschema", "requests", "rich", "yaml")
# Other plug-ins are not of interest.
_QUIET = ("-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:anyio")


@pytest.fixture
def bystander(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project that has a template and does not configure the testbed."""
    (pytester.path / "template.yaml").write_text(_TEMPLATE)
    (pytester.path / "samconfig.toml").write_text(
        "version = 0.1\n[default.global.parameters]\nstack_name = 'theirs'\n"
    )
    return pytester


def _fixtures(result: pytest.RunResult) -> set[str]:
    """Return which of our fixtures ``pytest --fixtures`` lists."""
    listed = {line.split(" ")[0] for line in result.outlines}
    return listed & set(_FIXTURES)


@pytest.mark.parametrize(
    ("ini", "active"),
    [
        ("", False),
        ("testbed = false", False),
        ("testbed = true", True),
        ("testbed_template = template.yaml", True),
    ],
)
def test_project_that_asks_for_the_testbed_gets_its_fixtures(
    bystander: pytest.Pytester, ini: str, active: bool
) -> None:
    bystander.makeini(f"[pytest]\n{ini}\n")
    result = bystander.runpytest_inprocess(*_QUIET, "--fixtures")
    assert _fixtures(result) == (set(_FIXTURES) if active else set())
    assert any(line.startswith("testbed: target ") for line in result.outlines) is active


def test_pyproject_activates_it_too(bystander: pytest.Pytester) -> None:
    bystander.makepyprojecttoml("[tool.pytest.ini_options]\ntestbed = true\n")
    assert _fixtures(bystander.runpytest_inprocess(*_QUIET, "--fixtures")) == set(_FIXTURES)


def test_fixtures_of_a_bystander_are_its_own(bystander: pytest.Pytester) -> None:
    bystander.makeconftest(
        "import pytest\n\n"
        + "".join(f"@pytest.fixture\ndef {name}(): return 'theirs'\n" for name in _FIXTURES)
    )
    names = ", ".join(_FIXTURES)
    bystander.makepyfile(f"def test_all({names}): assert {{{names}}} == {{'theirs'}}")
    result = bystander.runpytest_inprocess(*_QUIET)
    result.assert_outcomes(passed=1)


def test_fixtures_of_another_plug_in_work(
    bystander: pytest.Pytester,
) -> None:
    plugin = "import pytest\n@pytest.fixture\ndef website(): return 'theirs'\n"
    bystander.makepyfile(their_plugin=plugin)
    bystander.makepyfile("def test_one(website): assert website == 'theirs'")
    bystander.syspathinsert()
    result = bystander.runpytest_inprocess(*_QUIET, "-p", "their_plugin")
    result.assert_outcomes(passed=1)


def test_conftest_of_a_project_that_uses_the_testbed_can_replace_a_fixture(
    bystander: pytest.Pytester,
) -> None:
    bystander.makeini("[pytest]\ntestbed = true\n")
    bystander.makeconftest("import pytest\n@pytest.fixture\ndef website(): return 'theirs'\n")
    bystander.makepyfile("def test_one(website): assert website == 'theirs'")
    bystander.runpytest_inprocess(*_QUIET).assert_outcomes(passed=1)


def test_failed_test_of_a_bystander_has_no_section(bystander: pytest.Pytester) -> None:
    bystander.makepyfile("def test_fails(): assert False")
    result = bystander.runpytest_inprocess(*_QUIET)
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*- testbed -*")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--testbed-target=localstack",), "--testbed-target"),
        (("--testbed-endpoint-url=http://127.0.0.1:1",), "--testbed-endpoint-url"),
        (("-o", "testbed_env=A=1"), "testbed_env"),
        (("-o", "testbed_parameters=A=1"), "testbed_parameters"),
        (("-o", "testbed_config_env=prod"), "testbed_config_env"),
    ],
)
def test_option_of_an_inactive_testbed_is_an_error(
    bystander: pytest.Pytester, arguments: tuple[str, ...], named: str
) -> None:
    bystander.makeini("[pytest]\n")
    result = bystander.runpytest_inprocess(*_QUIET, *arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            f"ERROR: {named}: this project does not use the testbed. Add `testbed = true` to"
            " pytest's section of tox.ini."
        ]
    )


def test_error_names_pytest_ini_without_a_configuration_file(bystander: pytest.Pytester) -> None:
    result = bystander.runpytest_inprocess(*_QUIET, "--testbed-target=aws")
    result.stderr.fnmatch_lines(["*pytest's section of pytest.ini."])


def test_installed_plug_in_loads_nothing_else(bystander: pytest.Pytester) -> None:
    bystander.makepyfile("def test_nothing(): pass")
    bystander.makeconftest(
        f"""
        import sys
        def pytest_unconfigure(config):
            print("ours:", *sorted(name for name in sys.modules if name.startswith("testbed")))
            print("heavy:", *sorted({set(_HEAVY)!r} & sys.modules.keys()))
        """
    )
    result = bystander.runpytest_subprocess(*_QUIET)
    result.assert_outcomes(passed=1)
    plugin = "testbed.pytest_plugin"
    assert f"ours: testbed {plugin} {plugin}.plugin {plugin}.targets" in result.outlines
    assert "heavy:" in [line.strip() for line in result.outlines]


@pytest.mark.parametrize(
    ("ini", "problem"),
    [
        ("testbed = yess", "testbed: invalid truth value 'yess': set true or false."),
        ("testbed_template = missing.yaml", "testbed_template: there is no file missing.yaml in"),
    ],
)
def test_wrong_setting_is_reported_before_anything_starts(
    bystander: pytest.Pytester, ini: str, problem: str
) -> None:
    bystander.makeini(f"[pytest]\n{ini}\n")
    with pytest.raises(pytest.UsageError, match=problem):
        bystander.parseconfigure()
