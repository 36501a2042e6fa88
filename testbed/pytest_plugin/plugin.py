"""pytest's options, and the activation of the fixtures in projects that ask for them.

pytest imports this module in every project if the testbed is installed, so it imports nothing else
in projects that do not use the testbed.
"""

from __future__ import annotations

import pytest

from testbed.pytest_plugin import targets

_OPTIONS = ("--testbed-endpoint-url", "--testbed-target")
_SETTINGS = ("testbed_config_env", "testbed_parameters", "testbed_env")
_MARKERS = (
    "testbed: the test uses the testbed; added to such tests, so that -m 'not testbed' runs the"
    " others.",
    "testbed_target(*names): skip the test on targets with other names, such as aws.",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line and of the configuration file."""
    group = parser.getgroup("testbed", "a local AWS for integration tests (testbed)")
    group.addoption(
        "--testbed-endpoint-url",
        metavar="URL",
        help="Use the LocalStack or MiniStack that runs at URL instead of starting one.",
    )
    group.addoption(
        "--testbed-target",
        choices=targets.NAMES,
        help="Choose where tests run: LocalStack as a process (the default), LocalStack in a"
        " container (needs docker-compose.yml), MiniStack, or the AWS account that the AWS CLI"
        " uses.",
    )
    parser.addini(
        "testbed",
        "Activate the testbed's fixtures and reports (true or false). testbed_template does, too.",
        type="bool",
        default=False,
    )
    parser.addini(
        "testbed_template",
        "Activate the testbed, and deploy this SAM or CloudFormation template for the fixture"
        " `stack`. The default is the template that samconfig.toml names, or template.yaml.",
    )
    parser.addini(
        "testbed_config_env", "Use this environment of samconfig.toml instead of default."
    )
    parser.addini("testbed_parameters", "Set parameters of the template: NAME=VALUE …")
    parser.addini(
        "testbed_env", "Set environment variables of LocalStack and its extension: NAME=VALUE …"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the fixtures if the project asks for them."""
    if is_active(config):
        from testbed.pytest_plugin import fixtures

        _check_options(config)
        for marker in _MARKERS:
            config.addinivalue_line("markers", marker)
        config.pluginmanager.register(fixtures, "testbed-fixtures")
        return
    options = [name for name in _OPTIONS if config.getoption(name)]
    if unused := options + [name for name in _SETTINGS if config.getini(name)]:
        file = config.inipath.name if config.inipath else "pytest.ini"
        raise pytest.UsageError(
            f"{' and '.join(unused)}: this project does not use the testbed."
            f" Add `testbed = true` to pytest's section of {file}."
        )


def is_active(config: pytest.Config) -> bool:
    """Return whether the project's configuration asks for the testbed."""
    try:
        active = config.getini("testbed")
    except (ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(f"testbed: {error}: set true or false.") from None
    return bool(active or config.getini("testbed_template"))


def _check_options(config: pytest.Config) -> None:
    """Reject a template that is missing, and options that exclude one another."""
    template = config.getini("testbed_template")
    if template and not (config.rootpath / template).is_file():
        raise pytest.UsageError(
            f"testbed_template: there is no file {template} in {config.rootpath}, which is pytest's"
            " root folder."
        )
    name = config.getoption("--testbed-target")
    endpoint_url = config.getoption("--testbed-endpoint-url")
    if endpoint_url:
        from testbed.control.endpoint import is_endpoint_url

        if not is_endpoint_url(endpoint_url):
            raise pytest.UsageError(
                f"--testbed-endpoint-url: {endpoint_url!r} is not a URL such as"
                " http://127.0.0.1:4566."
            )
    workers = config.getoption("numprocesses", None)  # of pytest-xdist
    if not endpoint_url and not workers:
        return  # without importing the target, which only a fixture needs
    target = targets.target_of(name)
    if endpoint_url and not target.takes_endpoint:
        raise pytest.UsageError(
            f"--testbed-endpoint-url cannot be used with --testbed-target {name}: remove one of"
            " them."
        )
    if workers and not target.takes_workers:
        raise pytest.UsageError(
            f"-n cannot be used with --testbed-target {name}, which all test processes would share:"
            " remove -n."
        )
