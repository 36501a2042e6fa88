"""Every block of code in the documentation is run, parsed or listed with a reason."""

from __future__ import annotations

import ast
import configparser
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from testbed.aws.clients import Aws
from testbed.control import control_secret
from testbed.machine.waiting import until
from testbed.pytest_plugin import fixtures
from tests.conftest import ROOT, CommandHere, Deployed
from tests.docs.classification import FOLLOWED, LISTED, NOT_RUN, PYTHON_RUN
from tests.docs.pages import Block, Command, blocks, code_spans, commands, pages
from tests.docs.parsing import PROGRAMS, UnknownCommand, check

_BLOCKS = blocks()
_SHELL = [block for block in _BLOCKS if block.language in ("sh", "console")]
_CURL_IN_TEXT = [
    code
    for page in pages()
    for code in code_spans(page)
    if code.startswith("curl ") and "$" in code
]
# The examples of docs/api.md come from docstrings; tests/plugin/test_public_api.py runs them.
# That of pages that are followed from the beginning to the end is run there.
_PYTHON = [
    block
    for block in _BLOCKS
    if block.language == "python" and block.page not in ("docs/api.md", *FOLLOWED)
]
_LIMIT_SECONDS = 60
# As in testbed_parameters of pyproject.toml.
_PARAMETERS = "ScheduleExpression='rate(1 day)'"
# Lines with these need a shell.
_SHELL_WORDS = re.compile(r"[|<>$&;]")
# Commands that show what earlier ones started: a person types more slowly than this test.
_READ_LATER = {"trace"}
_READ_LIMIT_SECONDS = 20
# The page shows this for a command that fails.
_FAILS = "Error:"


def reason_not_to_run(command: Command) -> str | None:
    """Return why a command is not run, or None if it is."""
    if command.block.page in FOLLOWED:
        return FOLLOWED[command.block.page]
    for pattern, reason in NOT_RUN.items():
        if re.match(pattern, command.text):
            return reason
    return None


class _Template(yaml.SafeLoader):
    """YAML with the short forms of intrinsic functions, such as ``!Ref``."""


_Template.add_multi_constructor("!", lambda loader, suffix, node: suffix)


@pytest.mark.parametrize("block", _BLOCKS, ids=str)
def test_block_is_valid_or_listed(block: Block) -> None:
    content = block.content
    match block.language:
        case "sh" | "console":
            assert commands(block)
        case "python":
            ast.parse(content)
        case "json":
            json.loads(content if content.lstrip().startswith("{") else f"{{{content}}}")
        case "yaml" | "yml":
            assert list(yaml.load_all(content, _Template))
        case "toml":
            assert tomllib.loads(content)
        case "text" if block.page in FOLLOWED:
            pass  # what the commands above it print
        case "ini":
            parser = configparser.ConfigParser()
            parser.read_string(content)
            assert parser.sections()
        case _:
            assert any(content.startswith(each) for each in LISTED), (
                f"{block}: needs a check for {block.language!r}, or a line in classification.py"
            )


def test_every_line_of_the_tables_is_used() -> None:
    lines = [command.text for block in _SHELL for command in commands(block)]
    for pattern in NOT_RUN:
        assert any(re.match(pattern, line) for line in lines), pattern
    for start in PYTHON_RUN:
        assert any(block.content.startswith(start) for block in _PYTHON), start
    for reason in (*NOT_RUN.values(), *LISTED.values(), *FOLLOWED.values()):
        for path in re.findall(r"\b(?:tests|scripts)/[\w./-]+", reason):
            assert (ROOT / path).exists(), reason


@pytest.mark.parametrize(
    "command", [each for block in _SHELL for each in commands(block)], ids=lambda each: each.text
)
def test_command_exists(command: Command) -> None:
    check(command.text)


@pytest.mark.parametrize("page", pages())
def test_command_in_text_exists(page: str) -> None:
    for code in code_spans(page):
        words = code.split(" ")
        # A setting of pytest is `testbed = true`.
        if words[0] in PROGRAMS and len(words) > 1 and words[1] != "=":
            check(_complete(code), complete=False)


def _complete(code: str) -> str:
    """Append a value to an option that the text names without one."""
    return re.sub(r"--(delay|seconds|share|next)$", r"--\1 1", code)


@pytest.mark.parametrize(
    "line",
    [
        "testbed no-such-command",
        "testbed up --no-such-option",
        "testbed clock advance soon",
        "./scripts/bench up --no-such-option",
        "./scripts/test tests/no-such-folder",
        "./scripts/test --testbed-no-such-option",
        "./scripts/offline ./scripts/bench-short --no-such-option",
        "aws sqs no-such-operation",
        "aws sqs list-queues --no-such-option",
        "aws s3 no-such-operation",
        "curl --no-such-option http://127.0.0.1:4566",
        "docker compose up --no-such-option",
        "sam no-such-command",
        'eval "$(testbed no-such-command)"',
        "no-such-program",
        "testbed status | testbed no-such-command",
        "testbed 'up",
    ],
)
def test_unknown_command_is_found(line: str) -> None:
    with pytest.raises(UnknownCommand):
        check(line)


@pytest.fixture(scope="module")
def programs(running_testbed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is first on the reader's PATH.

    Its `testbed` uses the tests' testbed; its `curl` fails if the response is an error.
    """
    folder = tmp_path_factory.mktemp("bin")
    commands = {"testbed": f"{sys.executable} -m testbed --state {running_testbed.command.state}"}
    if curl := shutil.which("curl"):
        commands["curl"] = f"{curl} --silent --show-error --fail-with-body"
    for name, command in commands.items():
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
    return folder


@pytest.fixture
def reader(running_testbed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fire the schedule before a block, and remove the faults and websites that the block adds."""
    # `testbed deploy` must not change the tests' stack.
    monkeypatch.setenv("TESTBED_PARAMETERS", _PARAMETERS)
    # Confirmation links of subscriptions that other tests deleted would fail.
    running_testbed.command.run("inbox", "--clear")
    running_testbed.command.run("tick", "cron-rule")
    yield
    running_testbed.command.run("fault", "clear")
    running_testbed.command.run("website", "remove", "--all")


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    "block", [each for each in _SHELL if not all(map(reason_not_to_run, commands(each)))], ids=str
)
def test_commands_run(block: Block, running_testbed: Deployed, programs: Path) -> None:
    chosen = [each for each in commands(block) if reason_not_to_run(each) is None]
    if not any(_SHELL_WORDS.search(each.text) for each in chosen):
        for command in chosen:
            _run_here(command, running_testbed.command)
        return
    _run_script("\n".join(each.text for each in chosen), running_testbed, programs)


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("line", _CURL_IN_TEXT)
def test_curl_in_text_runs(line: str, running_testbed: Deployed, programs: Path) -> None:
    # Other tests have changed the sites.
    running_testbed.command.output("deploy")
    _run_script(line, running_testbed, programs)


def _run_script(script: str, running_testbed: Deployed, programs: Path) -> None:
    script = script.replace(".venv/bin/testbed", "testbed")
    script = script.replace(".testbed/", f"{running_testbed.command.state}/")
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=ROOT,
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "PATH": f"{programs}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "API": running_testbed.api_url,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, f"{script}\n{ended.stdout}\n{ended.stderr}"


def _run_here(command: Command, testbed: object) -> None:
    assert isinstance(testbed, CommandHere)
    program, *arguments = shlex.split(command.text)
    assert program == "testbed", f"{command.text}: a line in tests/docs/classification.py"
    ended = testbed.run(*arguments)
    if ended.returncode and arguments[0] in _READ_LATER:
        ended = until(
            lambda: again if not (again := testbed.run(*arguments)).returncode else None,
            within=_READ_LIMIT_SECONDS,
            what=f"success of {command.text}",
        )
    printed = " ".join(f"{ended.stdout} {ended.stderr}".split())
    if _FAILS in command.output:
        assert ended.returncode != 0
        assert " ".join(command.output.split()).partition(_FAILS)[2] in printed
    else:
        assert ended.returncode == 0, printed


@pytest.mark.parametrize("block", _PYTHON, ids=str)
def test_python_imports_and_fixtures_exist(block: Block) -> None:
    for node in ast.walk(ast.parse(block.content)):
        match node:
            case ast.Import(names=names):
                for each in names:
                    import_module(each.name)
            case ast.ImportFrom(module=str(module)) if module.startswith("localstack."):
                pass  # LocalStack is not in this environment
            case ast.ImportFrom(module=str(module), names=names):
                for each in names:
                    assert hasattr(import_module(module), each.name), each.name
            case ast.FunctionDef(name=name, args=arguments) if name.startswith("test_"):
                for fixture in arguments.args:
                    assert hasattr(fixtures, fixture.arg), f"no fixture {fixture.arg}"


@pytest.mark.parametrize("start", PYTHON_RUN)
def test_python_runs(
    start: str,
    running_testbed: Deployed,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret = running_testbed.command.state / control_secret.FILE
    monkeypatch.setenv(control_secret.FILE_VARIABLE, str(secret))
    [block] = [each for each in _PYTHON if each.content.startswith(start)]
    source = block.content
    for filling in PYTHON_RUN[start]:
        indent = re.search(r"^( *)\.\.\.$", source, re.MULTILINE)
        assert indent
        filled = "\n".join(indent[1] + line for line in filling.splitlines())
        source = source.replace(f"{indent[0]}", filled, 1)
    url = running_testbed.endpoint_url
    code = compile(source, str(block), "exec")
    exec(code, {"endpoint_url": url, "aws": Aws(url, "us-east-1")})  # noqa: S102
    if "print(" in source:
        assert "shown" in capsys.readouterr().out


def test_deployment_of_a_block_leaves_the_tests_stack_as_it_is(
    running_testbed: Deployed, reader: None
) -> None:
    assert "The stack is up to date." in running_testbed.command.run("deploy").stderr
