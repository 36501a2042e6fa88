"""The pages of the documentation and their parts: blocks, commands, links, headings, sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.conftest import ROOT

_PATTERNS = (
    "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md",
    "docs/**/*.md", "examples/**/*.md", "extension/*.md",
)  # fmt: skip
# A block without a language that begins with this shows commands with their output.
_PROMPT = "$ "


@dataclass(frozen=True)
class Block:
    """A fenced or indented block of code.

    Parameters
    ----------
    line
        The line of the page on which it begins, from 1.
    """

    page: str
    line: int
    language: str
    content: str

    def __str__(self) -> str:
        """Return its location as editors show it."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Command:
    """A command line in a block, and the output that the page shows."""

    block: Block
    text: str
    output: str = ""


def pages() -> list[str]:
    """Return the paths of the pages in the repository."""
    found = {path for pattern in _PATTERNS for path in ROOT.glob(pattern)}
    return sorted(path.relative_to(ROOT).as_posix() for path in found)


def text_of(page: str) -> str:
    """Return a page's source."""
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def _tokens(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text_of(page))


def blocks() -> list[Block]:
    """Return the blocks of all pages, in order."""
    found = []
    for page in pages():
        for token in _tokens(page):
            if token.type not in ("fence", "code_block"):
                continue
            assert token.map
            language = token.info.strip()
            if token.type == "code_block" or (not language and token.content.startswith(_PROMPT)):
                language = "console" if token.content.startswith(_PROMPT) else "sh"
            found.append(Block(page, token.map[0] + 1, language, token.content))
    return found


def commands(block: Block) -> list[Command]:
    """Return the command lines of a shell block, with continued lines joined."""
    joined = block.content.replace("\\\n", " ")
    if block.language == "sh":
        return [
            Command(block, line) for each in joined.splitlines() if (line := _without_comment(each))
        ]
    found = []
    for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
        line, _, output = part.partition("\n")
        found.append(Command(block, _without_comment(line), output))
    return found


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s+)#.*$", "", line).strip()


def code_spans(page: str) -> Iterator[str]:
    """Return the inline code of a page."""
    for token in _tokens(page):
        for child in token.children or ():
            if child.type == "code_inline":
                yield child.content


def links(page: str) -> Iterator[str]:
    """Return the targets of a page's links."""
    for token in _tokens(page):
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrs["href"])


def anchors(page: str) -> set[str]:
    """Return the anchors that GitHub generates for a page's headings."""
    tokens = _tokens(page)
    return {
        re.sub(r"[^\w\- ]", "", _plain(tokens[number + 1]).lower()).replace(" ", "-")
        for number, token in enumerate(tokens)
        if token.type == "heading_open"
    }


def _plain(token: Token) -> str:
    return "".join(child.content for child in token.children or ())


def prose(page: str) -> list[str]:
    """Return the sentences of a page's paragraphs and lists, without blocks and tables."""
    sentences = []
    tokens = _tokens(page)
    depth = 0
    for number, token in enumerate(tokens):
        depth += {"table_open": 1, "table_close": -1}.get(token.type, 0)
        heading = number > 0 and tokens[number - 1].type == "heading_open"
        if token.type == "inline" and not depth and not heading:
            paragraph = " ".join(token.content.split())
            sentences += re.split(r"(?<=[.;:]) (?=[A-Z`\[])", paragraph)
    return sentences


def shown(path: Path) -> str:
    """Return a path in the repository."""
    return path.relative_to(ROOT).as_posix()
