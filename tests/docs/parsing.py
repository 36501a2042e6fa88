"""Checks that a command's program, subcommand and options exist, without running it."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import takewhile
from typing import Any

import click
from awscli.clidriver import create_clidriver  # type: ignore[import-untyped]

from benchmarks.__main__ import benchmarks
from benchmarks.soak.__main__ import soak
from testbed.commands.main import testbed
from testbed.errors import TestbedError
from tests.conftest import ROOT

# Programs whose arguments are not checked, and why.
_UNCHECKED = {
    "cd": "the shell's own",
    "export": "the shell's own",
    "eval": "the command in its argument is checked",
    "jq": "its argument is a program",
    "cat": "POSIX",
    "chmod": "POSIX",
    "cp": "POSIX",
    "echo": "POSIX",
    "mkdir": "POSIX",
    "zip": "tests/docs/walkthroughs/test_first_steps.py runs it",
    "unzip": "its only option is a list",
    "your-tests": "a placeholder",
    "pytest": "the plug-in's tests run it",
    ".": "the shell's own",
    "sysctl": "needs root",
    "git": "not ours",
    "terraform": "tests/terraform",
}
# Commands of the AWS CLI that version 1, whose model is checked, does not have.
_ONLY_IN_VERSION_2 = {("logs", "tail")}
_ASSIGNMENT = re.compile(r"^[A-Z_]+=")
_IN_AN_ENVIRONMENT = re.compile(r"^(\.venv|runtime|dist/check)/bin/")
# It stands for further arguments, so the rest of the line is not checked.
_PLACEHOLDER = "…"


class UnknownCommand(Exception):
    """A command in the documentation does not exist."""


def simple_commands(line: str) -> list[list[str]]:
    """Split a shell's command line into its commands, each a list of words.

    Raises
    ------
    UnknownCommand
        If a shell could not parse it.
    """
    found = []
    for substituted in re.findall(r"\$\(([^()]*)\)", line):
        found += simple_commands(substituted)
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError as error:
        raise UnknownCommand(f"{line}: {error}") from error
    command: list[str] = []
    for word in [*words, ";"]:
        if word in (";", "&&", "||", "|", "&"):
            while command and _ASSIGNMENT.match(command[0]):
                command.pop(0)
            if command:
                found.append(command)
            command = []
        else:
            command.append(word)
    return found


def check(line: str, *, complete: bool = True) -> None:
    """Check that the commands of a line exist, with their options.

    Parameters
    ----------
    complete
        Whether it must have all required arguments; text may name the command only.

    Raises
    ------
    UnknownCommand
        If one does not exist.
    """
    for program, *arguments in simple_commands(line):
        arguments = _without_redirections(arguments)
        name = _IN_AN_ENVIRONMENT.sub("", program)
        if name in _UNCHECKED:
            continue
        if name not in _CHECKS:
            raise UnknownCommand(f"{line}: nothing checks {name}; see tests/docs/parsing.py")
        try:
            _CHECKS[name](list(takewhile(lambda word: _PLACEHOLDER not in word, arguments)))
        except click.MissingParameter as error:
            if complete:
                raise UnknownCommand(f"{line}: {error}") from error
        except (click.ClickException, UnknownCommand, TestbedError) as error:
            raise UnknownCommand(f"{line}: {error}") from error


def _without_redirections(arguments: list[str]) -> list[str]:
    kept, skip = [], False
    for word in arguments:
        if skip or word in (">", "<", ">>", "2>"):
            skip = not skip
        else:
            kept.append(word)
    return kept


def _click(command: click.Command, *, prefix: tuple[str, ...] = ()) -> Callable[[list[str]], None]:
    return lambda arguments: parse(command, [*prefix, *arguments])


def parse(command: click.Command, arguments: list[str]) -> None:
    """Parse a command line of a click command without running it.

    Raises
    ------
    click.ClickException
        If there is no such command, argument or option, or a value has another type.
    """
    if isinstance(command, click.Group) and not arguments:
        return  # it shows its help
    try:
        context = command.make_context("command", list(arguments))
    except click.exceptions.Exit:
        return  # --version and --help
    with context:
        rest = [*context._protected_args, *context.args]
        if isinstance(command, click.Group) and rest:
            _, subcommand, rest = command.resolve_command(context, rest)
            assert subcommand is not None
            parse(subcommand, rest)


def _aws(arguments: list[str]) -> None:
    """Check the operation and its options against botocore's model, as the AWS CLI does."""
    if arguments == ["--version"] or tuple(arguments[:2]) in _ONLY_IN_VERSION_2:
        return
    driver: Any = _aws_driver()
    table: Mapping[str, Any] = driver._get_command_table()
    known = set(driver._get_argument_table())
    command: Any = None
    for word in arguments:
        if word.startswith("-"):
            break
        if not table or word not in table:
            break
        command = table[word]
        table = _subcommands(command)
    if command is None or table:
        raise UnknownCommand(f"no operation: aws {' '.join(arguments)}")
    known |= set(command.arg_table)
    for option in (word for word in arguments if word.startswith("--")):
        if option.removeprefix("--").partition("=")[0] not in known:
            raise UnknownCommand(f"no option {option}")


@cache
def _aws_driver() -> Any:
    return create_clidriver()


def _subcommands(command: Any) -> Mapping[str, Any]:
    if hasattr(command, "_get_command_table"):
        return dict(command._get_command_table())
    return dict(getattr(command, "subcommand_table", {}) or {})


def _installed(program: str, known: Mapping[str, set[str]]) -> Callable[[list[str]], None]:
    """Return a check against a list of options and, if the program is installed, its help."""

    def checked(arguments: list[str]) -> None:
        words: list[str] = []
        for word in arguments:
            if word.startswith("-"):
                break
            words.append(word)
        name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in known), None)
        if name is None:
            raise UnknownCommand(f"{program} {' '.join(words)} is not in tests/docs/parsing.py")
        options = {each.partition("=")[0] for each in arguments if re.match(r"--?[a-z]", each)}
        if unknown := options - known[name]:
            raise UnknownCommand(f"{program} {name} {unknown} is not in tests/docs/parsing.py")
        help_text = _help(program, name)
        for option in options if help_text else ():
            if option not in help_text:
                raise UnknownCommand(f"{program} {name} has no {option}")

    return checked


@cache
def _help(program: str, name: str) -> str:
    """Return the help of a subcommand; empty if the program or its plug-in is not installed."""
    if shutil.which(program) is None:
        return ""
    ended = subprocess.run(
        [program, *name.split(), "--help"], capture_output=True, text=True, timeout=60, check=False
    )
    # Without the plug-in, docker shows its general help.
    return ended.stdout if f"{program} {name}" in ended.stdout else ""


def _pytest(arguments: list[str]) -> None:
    """Check that the folders and the plug-in's options exist."""
    for word in arguments:
        if word.startswith("tests") and not (ROOT / word).exists():
            raise UnknownCommand(f"there is no {word}")
    for option in (each for each in arguments if each.startswith("--testbed")):
        source = (ROOT / "testbed/pytest_plugin/plugin.py").read_text(encoding="utf-8")
        if f'"{option.partition("=")[0]}"' not in source:
            raise UnknownCommand(f"the plug-in has no {option}")


def _curl(arguments: list[str]) -> None:
    """Check the options against a list and, if curl is installed, its help."""
    for word in arguments:
        if not word.startswith("-"):
            continue
        if word not in _CURL:
            raise UnknownCommand(f"curl {word} is not in tests/docs/parsing.py")
        if (help_text := _help_of_curl()) and f" {word}" not in help_text:
            raise UnknownCommand(f"curl has no {word}")


@cache
def _help_of_curl() -> str:
    """Return curl's help on all options; empty if curl is not installed."""
    if shutil.which("curl") is None:
        return ""
    return subprocess.run(
        ["curl", "--help", "all"], capture_output=True, text=True, timeout=60, check=False
    ).stdout


def _no_arguments(arguments: list[str]) -> None:
    if arguments:
        raise UnknownCommand(f"takes no arguments: {arguments}")


def _lock(arguments: list[str]) -> None:
    if arguments not in ([], ["--upgrade"]):
        raise UnknownCommand(f"./scripts/lock has no {arguments}")


def _offline(arguments: list[str]) -> None:
    if arguments != ["COMMAND"]:
        check(shlex.join(arguments))


def _python(arguments: list[str]) -> None:
    match arguments:
        case ["-c", source, *_]:
            compile(source, "-c", "exec")
        case ["scripts/setup.py", *_]:
            pass
        case ["-m", "venv" | "localstack.runtime.main" | "localstack_testbed", *_]:
            pass
        case ["-m", module] if module.startswith("testbed.") and find_spec(module):
            pass
        case _:
            raise UnknownCommand(f"python {arguments}")


_CURL = {"-X", "-H", "-d", "--data", "--aws-sigv4", "--user"}
_PIP = {"install": {"--no-deps", "--target", "-r"}}
_DOCKER = {
    "compose": set[str](),
    "compose build": {"--build-arg"},
    "compose up": {"--build", "--wait"},
    "compose down": {"--volumes"},
    "compose exec": set[str](),
    "compose logs": {"-f"},
    "compose restart": set[str](),
    "inspect": {"-f"},
    "volume rm": set[str](),
}
_CDK = {
    "bootstrap": {"--template"},
    "deploy": {"--hotswap"},
    "destroy": set[str](),
    "diff": set[str](),
    "drift": set[str](),
    "import": set[str](),
    "refactor": set[str](),
    "synth": set[str](),
    "watch": set[str](),
}
_SAM = {
    "build": set[str](),
    "delete": set[str](),
    "deploy": {"--parameter-overrides"},
    "list endpoints": set[str](),
    "list resources": set[str](),
    "list stack-outputs": set[str](),
    "logs": {"--include-traces"},
    "package": set[str](),
    "remote invoke": set[str](),
    "sync": {"--code"},
    "validate": {"--lint"},
}
_UV = {
    "build": {"--python", "--out-dir"},
    "pip install": {"--python"},
    "tool install": {"--python"},
    "venv": {"--python"},
}
_UVX = {"pip-audit": {"--disable-pip", "--require-hashes", "-r"}}
_CHECKS: dict[str, Callable[[list[str]], None]] = {
    "testbed": _click(testbed),
    "./scripts/demo": _click(testbed, prefix=("demo",)),
    "./scripts/bench": _click(benchmarks),
    "./scripts/soak": _click(soak),
    "./scripts/bench-short": _no_arguments,
    "./scripts/offline": _offline,
    "./scripts/lint": _no_arguments,
    "./scripts/lock": _lock,
    "./scripts/test": _pytest,
    "aws": _aws,
    "awslocal": _aws,
    "python": _python,
    "python3": _python,
    "python3.13": _python,
    "pip": _installed("pip", _PIP),
    "curl": _curl,
    "cdk": _installed("cdk", _CDK),
    "docker": _installed("docker", _DOCKER),
    "sam": _installed("sam", _SAM),
    "uv": _installed("uv", _UV),
    "uvx": _installed("uvx", _UVX),
}
PROGRAMS = frozenset(_CHECKS)
