"""Filter patterns of CloudWatch Logs: which log events they match.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from localstack_testbed.logs.comparisons import InvalidPatternError, parse_regex, unquoted
from localstack_testbed.logs.fields_pattern import FieldsPattern
from localstack_testbed.logs.json_pattern import JsonPattern, parse_message, select

_TERM = re.compile(r'(?P<sign>[-?]?)(?P<term>"(?:[^"\\]|\\.)*"|%(?:[^%\\]|\\.)*%|[^\s"]+)')
_WORD = re.compile(r"\w+")

type Search = Callable[[str], object]


class Pattern(Protocol):
    """A filter pattern."""

    def matches(self, message: str) -> bool:
        """Return whether the pattern matches the message of a log event."""


class TermsPattern:
    """Terms, phrases and regular expressions in unstructured log events, with upper and lower case.

    An event must contain all of them, none with ``-``, and, if all have ``?``, one. Next to other
    terms, those with ``?`` have no effect. Without any, all events match.

    Raises
    ------
    InvalidPatternError
        If a term has characters that require quotes.
    """

    def __init__(self, text: str) -> None:
        self._required: list[Search] = []
        self._optional: list[Search] = []
        self._excluded: list[Search] = []
        kinds = {"": self._required, "?": self._optional, "-": self._excluded}
        position = 0
        while text[position:].strip():
            position += len(text[position:]) - len(text[position:].lstrip())
            match = _TERM.match(text, position)
            if match is None:
                raise InvalidPatternError(f"Unbalanced quotes in {text[position:]!r}")
            kinds[match["sign"]].append(_search(match["term"]))
            position = match.end()

    def matches(self, message: str) -> bool:
        if any(found(message) for found in self._excluded):
            return False
        if self._required or self._excluded or not self._optional:
            return all(found(message) for found in self._required)
        return any(found(message) for found in self._optional)


@lru_cache(maxsize=1000)
def parse_pattern(text: str) -> Pattern:
    """Return the pattern that a text stands for.

    Raises
    ------
    InvalidPatternError
        If it is not a valid pattern.

    Examples
    --------
    ::

        assert parse_pattern("ERROR -timeout").matches("[ERROR] division by zero")
    """
    stripped = text.strip()
    for opening, closing, kind in (("{", "}", JsonPattern), ("[", "]", FieldsPattern)):
        if stripped.startswith(opening):
            if len(stripped) < 2 or not stripped.endswith(closing):
                raise InvalidPatternError(f"Invalid filter pattern: {closing} is missing")
            try:
                return kind(stripped[1:-1])
            except InvalidPatternError as error:
                raise InvalidPatternError(f"Invalid filter pattern: {error}") from None
    return TermsPattern(stripped)


def selected_value(pattern: Pattern, selector: str, message: str) -> Any:
    """Return the value of ``$.property`` or ``$field`` in a message, or None.

    A metric filter publishes such values, and uses them as dimensions.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
    """
    if isinstance(pattern, JsonPattern):
        return next(select(parse_message(message), selector), None)
    if isinstance(pattern, FieldsPattern):
        return pattern.fields(message).get(selector.removeprefix("$"))
    return None


def _search(term: str) -> Search:
    if term.startswith('"'):
        phrase = unquoted(term)
        # A phrase of spaces alone stands for all events.
        return lambda message: phrase in message or not phrase.strip()
    if term.startswith("%"):
        if len(term) < 2 or not term.endswith("%"):
            raise InvalidPatternError(f"Invalid character(s) in term '{term}'")
        return parse_regex(term).search
    if not _WORD.fullmatch(term):
        raise InvalidPatternError(f"Invalid character(s) in term '{term}'")
    return lambda message: term in message
