"""Comparisons and expressions of CloudWatch Logs filter patterns, for JSON and for fields.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MISSING = object()
"""The value of a property or field that a log event does not have."""

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}
# Only these characters are allowed, "(" and ")" for example are not.
_REGEX_CHARACTERS = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]*")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*")
      | (?P<regex>%(?:[^%\\]|\\.)*%)
      | (?P<sign>&&|\|\||!=|<=|>=|[=<>(),])
      | (?P<selector>\$(?:\.?\[\s*(?:\d+|\*|'[^']*'|"[^"]*")\s*\]|\.[\w\-]+)+)
      | (?P<word>(?:[^\s"=<>!&|(),]|!(?!=)|&(?!&)|\|(?!\|))+)
    )""",
    re.VERBOSE,
)

type Test = Callable[[Any], bool]
"""Returns whether a value is as the pattern says."""

type Condition = Callable[[Callable[[str], Any]], bool]
"""Returns whether an event is as the pattern says; it is given what returns a named value."""


class InvalidPatternError(Exception):
    """The filter pattern is invalid; the message says why."""


@dataclass(frozen=True)
class Token:
    """A piece of a pattern; ``kind`` is quoted, regex, sign, selector, word or end."""

    kind: str
    text: str


class Tokens:
    """The pieces of a pattern, from the first to the last."""

    def __init__(self, text: str) -> None:
        self._tokens: list[Token] = []
        self._next = 0
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None or match.lastgroup is None:
                raise InvalidPatternError(f"unexpected {text[position:].strip()!r}")
            self._tokens.append(Token(match.lastgroup, match[match.lastgroup]))
            position = match.end()

    def peek(self) -> Token:
        return self._tokens[self._next] if self._next < len(self._tokens) else Token("end", "")

    def take(self) -> Token:
        token = self.peek()
        self._next += 1
        return token

    def accept(self, text: str) -> bool:
        """Take the next piece if it is this sign or word."""
        token = self.peek()
        if token.kind in ("sign", "word") and token.text == text:
            self._next += 1
            return True
        return False


def parse_expression(tokens: Tokens, comparison: Callable[[Tokens], Condition]) -> Condition:
    """Parse comparisons with ``&&``, ``||`` and parentheses; ``&&`` binds more tightly.

    Raises
    ------
    InvalidPatternError
        If that is not what follows.
    """
    return _any_of(tokens, comparison)


def _any_of(tokens: Tokens, comparison: Callable[[Tokens], Condition]) -> Condition:
    conditions = [_all_of(tokens, comparison)]
    while tokens.accept("||"):
        conditions.append(_all_of(tokens, comparison))
    return lambda values: any(condition(values) for condition in conditions)


def _all_of(tokens: Tokens, comparison: Callable[[Tokens], Condition]) -> Condition:
    conditions = [_group(tokens, comparison)]
    while tokens.accept("&&"):
        conditions.append(_group(tokens, comparison))
    return lambda values: all(condition(values) for condition in conditions)


def _group(tokens: Tokens, comparison: Callable[[Tokens], Condition]) -> Condition:
    if not tokens.accept("("):
        return comparison(tokens)
    condition = _any_of(tokens, comparison)
    if not tokens.accept(")"):
        raise InvalidPatternError("a closing parenthesis is missing")
    return condition


def parse_test(tokens: Tokens) -> Test:
    """Parse an operator and the value to compare with.

    Raises
    ------
    InvalidPatternError
        If that is not what follows.
    """
    operator = tokens.take().text
    if operator not in ("=", "!=", *_OPERATORS):
        raise InvalidPatternError(f"expected an operator such as = instead of {operator!r}")
    token = tokens.take()
    if operator in _OPERATORS:
        if not is_number(token.text):
            raise InvalidPatternError(f"{operator} requires a number instead of {token.text!r}")
        compare, limit = _OPERATORS[operator], float(token.text)
        return lambda value: (number := as_number(value)) is not None and compare(number, limit)
    equals = _equality(token)
    if operator == "=":
        return lambda value: value is not MISSING and equals(value)
    return lambda value: value is not MISSING and not equals(value)


def _equality(token: Token) -> Test:
    match token.kind:
        case "regex":
            expression = parse_regex(token.text)
            return lambda value: expression.search(as_text(value)) is not None
        case "quoted":
            return _wildcard(unquoted(token.text))
        case "word" if is_number(token.text):
            number, text = float(token.text), token.text
            return lambda value: as_number(value) == number or as_text(value) == text
        case "word":
            return _wildcard(token.text)
    raise InvalidPatternError(f"expected a value instead of {token.text!r}")


def _wildcard(pattern: str) -> Test:
    """Return a test of a text in which ``*`` stands for any characters."""
    if pattern == "*":
        return lambda value: value is not None
    expression = re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
    return lambda value: expression.fullmatch(as_text(value)) is not None


def parse_regex(text: str) -> re.Pattern[str]:
    """Return the regular expression between two percent signs.

    Raises
    ------
    InvalidPatternError
        If it is invalid, or has characters that AWS does not support.
    """
    expression = text[1:-1]
    if not _REGEX_CHARACTERS.fullmatch(expression):
        raise InvalidPatternError(f"the regular expression {text} has unsupported characters")
    try:
        return re.compile(expression)
    except re.error as error:
        raise InvalidPatternError(f"the regular expression {text} is invalid: {error}") from None


def unquoted(text: str) -> str:
    """Return the text between double quotes."""
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def is_number(text: str) -> bool:
    """Return whether a text is a number: 404, 1.5, -1e-3."""
    return _NUMBER.fullmatch(text) is not None


def as_number(value: Any) -> float | None:
    """Return a number of JSON, or in the text of a field, as a number; None for any other value."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    return float(value) if isinstance(value, Field) and is_number(value) else None


def as_text(value: Any) -> str:
    """Return a value as JSON has it; the empty text for objects and arrays."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else ""


class Field(str):
    """A field of a space-delimited log event, which may be a number."""

    __slots__ = ()
