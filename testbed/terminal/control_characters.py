"""Escaping of control characters: data from outside must not control the terminal."""

from __future__ import annotations

import unicodedata
from functools import cache

# C0, DEL and C1; invisible ones such as bidirectional overrides; lone surrogates; and the
# separators of lines and paragraphs. https://www.unicode.org/reports/tr44/#General_Category_Values
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# They shape letters and emoji, and do not move the cursor.
_JOINERS = "\u200c\u200d"
_LINE_BREAKS_AND_TABS = "\n\t"


def visible(text: str) -> str:
    r"""Return one line in which each control character is an escape sequence such as ``\x1b``."""
    return _escaped(text, "")


def visible_lines(text: str) -> str:
    """Escape control characters except line breaks and tabs, as in an email's body or a log."""
    return _escaped(text.replace("\r\n", "\n"), _LINE_BREAKS_AND_TABS)


def _escaped(text: str, kept: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(each if each in kept else _shown(each) for each in text)


@cache
def _shown(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN or character in _JOINERS:
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
