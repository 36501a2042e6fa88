"""Pages, anchors, files and settings that the documentation names exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from testbed.commands import main as cli
from testbed.emulators.environments import ensure_environments
from tests.conftest import ROOT
from tests.docs.classification import FOLLOWED
from tests.docs.pages import anchors, code_spans, links, pages, text_of

_FILES = re.compile(
    r"(?:\./)?((?:tests|testbed|docs|handlers|init|extension|scripts|docker|examples|requirements"
    r"|benchmarks)/[\w./-]*)"
)
_SETTING = re.compile(
    r"\b(?:(?:TESTBED|LAMBDA|SQS|LOCALSTACK|EXTRA_CORS)_[A-Z][A-Z_]*[A-Z]|ENFORCE_IAM)\b"
)
_SOURCES = ("testbed", "extension", "docker", "handlers", "scripts", "docker-compose.yml")


@pytest.mark.parametrize("page", pages())
def test_links_lead_somewhere(page: str) -> None:
    for target in links(page):
        path, _, anchor = target.partition("#")
        if re.match(r"[a-z]+:", path):
            continue
        found = (ROOT / page).parent / path if path else ROOT / page
        assert found.exists(), f"{page}: {target}"
        if anchor and found.suffix == ".md":
            name = found.resolve().relative_to(ROOT).as_posix()
            assert anchor in anchors(name), f"{page}: {target}"


@pytest.mark.parametrize("page", pages())
def test_files_in_the_text_exist(page: str) -> None:
    for code in code_spans(page):
        # Files that the reader of a page creates.
        if page in FOLLOWED and f"as `{code}`:" in text_of(page):
            continue
        if found := _FILES.fullmatch(code):
            assert (ROOT / found[1]).exists(), f"{page}: {code}"


@cache
def sources() -> str:
    """Return the source code that reads settings: the project's and LocalStack's."""
    own = [path for name in _SOURCES for path in _files(ROOT / name)]
    python = ensure_environments(print).localstack_python
    [package] = python.parent.parent.glob("lib/python*/site-packages/localstack")
    # These have LocalStack's own settings.
    return "\n".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in (*own, package / "config.py", package / "constants.py")
    )


def _files(path: Path) -> Iterator[Path]:
    kinds = {".py", ".yml", ".env", ".sh", ""}
    yield from (
        [path]
        if path.is_file()
        else (each for each in path.rglob("*") if each.is_file() and each.suffix in kinds)
    )


# The changelog also names removed settings.
@pytest.mark.parametrize("page", [page for page in pages() if page != "CHANGELOG.md"])
def test_settings_exist(page: str) -> None:
    for name in sorted(set(_SETTING.findall(text_of(page)))):
        assert name in sources(), f"{page}: nothing reads {name}"


def _commands(
    command: click.Command, *names: str
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield names, command
    if isinstance(command, click.Group):
        for name, each in command.commands.items():
            yield from _commands(each, *names, name)


def test_every_command_is_documented() -> None:
    """Its help says what it does, and what each option means; a page names it."""
    text = "\n".join(map(text_of, pages()))
    for names, command in _commands(cli.testbed):
        assert command.help, names
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, (names, parameter.name)
        if names:
            assert re.search(rf"(\btestbed |\./scripts/){names[0]}\b", text), names
            assert names[-1] in text, names
