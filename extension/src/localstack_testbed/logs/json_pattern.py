"""Filter patterns for log events in JSON: ``{ $.level = "ERROR" && $.status >= 500 }``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-json-log-events
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from localstack_testbed.logs.comparisons import (
    MISSING,
    Condition,
    InvalidPatternError,
    Test,
    Tokens,
    parse_expression,
    parse_test,
)

type Step = str | int
"""The name of a property, the index of an item, or ``*`` as the index of every item."""

_STEP = re.compile(r"""\.?\[\s*(?:(\d+)|(\*)|'([^']*)'|"([^"]*)")\s*\]|\.([\w\-]+)""")
_EVERY = -1


class JsonPattern:
    """A pattern in braces.

    Raises
    ------
    InvalidPatternError
        If the text between them is not valid.
    """

    def __init__(self, text: str) -> None:
        tokens = Tokens(text)
        self._condition = parse_expression(tokens, _comparison)
        if tokens.peek().kind != "end":
            raise InvalidPatternError(f"unexpected {tokens.peek().text!r}")

    def matches(self, message: str) -> bool:
        """Return whether a message is JSON that has what the pattern requires."""
        event = parse_message(message)
        return event is not MISSING and self._condition(lambda name: list(select(event, name)))


def parse_message(message: str) -> Any:
    """Return the JSON object or array of a message, or MISSING if it is anything else."""
    if not message.lstrip().startswith(("{", "[")):
        return MISSING
    try:
        return json.loads(message)
    except (ValueError, RecursionError):
        return MISSING


def select(event: Any, selector: str) -> Iterator[Any]:
    """Yield the values that a selector such as ``$.items[0].id`` stands for."""
    yield from _select(event, _steps(selector))


def _select(value: Any, steps: tuple[Step, ...]) -> Iterator[Any]:
    if not steps:
        yield value
        return
    step, *rest = steps
    if isinstance(step, str):
        if isinstance(value, dict) and step in value:
            yield from _select(value[step], tuple(rest))
    elif isinstance(value, list):
        chosen = value if step == _EVERY else value[step : step + 1]
        for each in chosen:
            yield from _select(each, tuple(rest))


@cache
def _steps(selector: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    for match in _STEP.finditer(selector, 1):
        index, every, *names = match.groups()
        if index is not None:
            steps.append(int(index))
        elif every:
            steps.append(_EVERY)
        else:
            steps.append(next(name for name in names if name is not None))
    return tuple(steps)


def _comparison(tokens: Tokens) -> Condition:
    selector = tokens.take()
    if selector.kind != "selector":
        raise InvalidPatternError(f"expected a property such as $.name, not {selector.text!r}")
    name = selector.text
    if tokens.accept("NOT"):
        _require(tokens, "EXISTS")
        return lambda values: not values(name)
    test = _property_test(tokens) if tokens.accept("IS") else parse_test(tokens)
    return lambda values: any(test(value) for value in values(name))


def _property_test(tokens: Tokens) -> Test:
    for word, wanted in (("NULL", None), ("TRUE", True), ("FALSE", False)):
        if tokens.accept(word):
            return lambda value: value is wanted
    raise InvalidPatternError(
        f"expected NULL, TRUE or FALSE after IS instead of {tokens.peek().text!r}"
    )


def _require(tokens: Tokens, word: str) -> None:
    if not tokens.accept(word):
        raise InvalidPatternError(f"expected {word} instead of {tokens.peek().text!r}")
