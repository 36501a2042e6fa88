"""Filter patterns for space-delimited log events: ``[ip, user, ..., status = 4*, bytes > 1000]``.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#matching-terms-space-delimited
"""

import re
from typing import Any

from localstack_testbed.logs.comparisons import (
    MISSING,
    Condition,
    Field,
    InvalidPatternError,
    Tokens,
    parse_expression,
    parse_test,
)

_REST = "..."
# What is in brackets or double quotes is one field.
_FIELD = re.compile(r'\[([^\]]*)\]|"((?:[^"\\]|\\.)*)"|(\S+)')


class FieldsPattern:
    """A pattern in brackets: the fields in their order, some of them with conditions.

    ``...`` stands for any number of fields, and is used at most once.

    Raises
    ------
    InvalidPatternError
        If the text between the brackets is not valid.
    """

    def __init__(self, text: str) -> None:
        tokens = Tokens(text)
        self._names: list[str] = []
        self._conditions: list[Condition] = []
        while True:
            self._add_field(tokens)
            if not tokens.accept(","):
                break
        if tokens.peek().kind != "end":
            raise InvalidPatternError(f"unexpected {tokens.peek().text!r}")
        if self._names.count(_REST) > 1:
            raise InvalidPatternError("... can be used only once")

    def _add_field(self, tokens: Tokens) -> None:
        if tokens.accept(_REST):
            self._names.append(_REST)
            return
        if tokens.peek().text in (",", "") and tokens.peek().kind in ("sign", "end"):
            self._names.append("")  # a field without a name, such as the second of [a,,b]
            return
        names: list[str] = []

        def comparison(tokens: Tokens) -> Condition:
            name = tokens.take()
            if name.kind != "word":
                raise InvalidPatternError(f"expected the name of a field, not {name.text!r}")
            names.append(name.text)
            if tokens.peek().kind == "end" or tokens.peek().text in (",", "&&", "||", ")"):
                return lambda values: values(name.text) is not MISSING
            test = parse_test(tokens)
            return lambda values: test(values(name.text))

        self._conditions.append(parse_expression(tokens, comparison))
        self._names.append(names[0])

    def fields(self, message: str) -> dict[str, Any]:
        """Return the fields of a message by name, or {} if it has another number of fields."""
        found = [
            Field(next(part for part in match.groups() if part is not None))
            for match in _FIELD.finditer(message)
        ]
        if _REST not in self._names:
            return _by_name(self._names, found) if len(found) == len(self._names) else {}
        before = self._names.index(_REST)
        after = len(self._names) - before - 1
        if len(found) < before + after:
            return {}
        named = _by_name(self._names[:before], found[:before])
        return named | _by_name(self._names[before + 1 :], found[len(found) - after :])

    def matches(self, message: str) -> bool:
        """Return whether a message has these fields, and they are as the pattern requires."""
        fields = self.fields(message)
        return bool(fields) and all(
            condition(lambda name: fields.get(name, MISSING)) for condition in self._conditions
        )


def _by_name(names: list[str], found: list[Field]) -> dict[str, Any]:
    return dict(zip(names, found, strict=True))
