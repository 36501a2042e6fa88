"""Policy documents, parsed for matching against requests.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

LOG = logging.getLogger(__name__)

type Values = Mapping[str, str | tuple[str, ...]]
"""The request context: values by condition key, in lower case."""

VARIABLES_SINCE = "2012-10-17"
"""https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html"""

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SPECIAL = {"*": "*", "?": "?", "$": "$"}


class PolicyError(Exception):
    """Raised for an invalid policy document; the message says what is invalid."""


@dataclass(frozen=True)
class Pattern:
    """A string with wildcards and, if the policy's version supports them, policy variables.

    ``*`` matches any number of characters, including none, and ``?`` exactly one.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    """

    text: str
    has_variables: bool = False

    def matches(self, value: str, values: Values, ignore_case: bool = False) -> bool:
        """Return whether a value matches.

        A pattern with a variable that has no single value in the request matches nothing.
        """
        if self.text == "*":
            return True
        if not (self.has_variables and "${" in self.text):
            expression: re.Pattern[str] | None = _expression(self.text, ignore_case)
        else:
            expression = self._expanded(values, ignore_case)
        return expression is not None and expression.fullmatch(value) is not None

    def expand(self, values: Values) -> str | None:
        """Return the text with all variables replaced, or None if a variable has no value."""
        if not (self.has_variables and "${" in self.text):
            return self.text
        parts = [_value_of(part, values) if odd else part for part, odd in _parts(self.text)]
        return None if None in parts else "".join(part or "" for part in parts)

    def _expanded(self, values: Values, ignore_case: bool) -> re.Pattern[str] | None:
        expression = ""
        for part, is_variable in _parts(self.text):
            if is_variable:
                value = _value_of(part, values)
                if value is None:
                    return None
                expression += re.escape(value)
            else:
                expression += _wildcards(part)
        return re.compile(expression, _flags(ignore_case))


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield literal text and variable names alternately; True marks a variable."""
    for index, part in enumerate(_VARIABLE.split(text)):
        yield part, index % 2 == 1


def _value_of(variable: str, values: Values) -> str | None:
    if variable in _SPECIAL:
        return _SPECIAL[variable]
    name, _, default = variable.partition(",")
    value = values.get(name.strip().lower())
    if isinstance(value, str):
        return value
    return default.strip().strip("'") if default else None


def _wildcards(text: str) -> str:
    return re.escape(text).replace(r"\*", ".*").replace(r"\?", ".")


def _flags(ignore_case: bool) -> re.RegexFlag:
    return re.DOTALL | (re.IGNORECASE if ignore_case else re.NOFLAG)


@lru_cache(maxsize=4096)
def _expression(text: str, ignore_case: bool) -> re.Pattern[str]:
    return re.compile(_wildcards(text), _flags(ignore_case))


@dataclass(frozen=True)
class Condition:
    """One operator and key of a ``Condition`` element; one of the patterns has to match."""

    operator: str
    key: str
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True)
class Statement:
    """One statement; ``except_…`` are its ``NotAction``, ``NotResource`` and ``NotPrincipal``."""

    allows: bool
    sid: str
    actions: tuple[Pattern, ...]
    except_actions: tuple[Pattern, ...]
    resources: tuple[Pattern, ...]
    except_resources: tuple[Pattern, ...]
    principals: Mapping[str, tuple[str, ...]]
    except_principals: Mapping[str, tuple[str, ...]]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Policy:
    """A parsed policy; reports show its name."""

    name: str
    statements: tuple[Statement, ...]

    @cached_property
    def permissions(self) -> tuple[tuple[str, str], ...]:
        """The (action, resource) pairs that it allows, as written in the document."""
        return tuple(
            (action, resource)
            for statement in self.statements
            if statement.allows
            for action in _texts("Action", statement.actions, statement.except_actions)
            for resource in _texts("Resource", statement.resources, statement.except_resources)
        )


def _texts(
    element: str, patterns: tuple[Pattern, ...], exceptions: tuple[Pattern, ...]
) -> list[str]:
    if exceptions:
        return [f"Not{element}: {', '.join(each.text for each in exceptions)}"]
    return [each.text for each in patterns]


@lru_cache(maxsize=512)
def parse(name: str, document: str) -> Policy:
    """Parse a policy document.

    Raises
    ------
    PolicyError
        If the document is invalid.
    """
    try:
        content = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise PolicyError(f"{name} is not a JSON object")
    has_variables = content.get("Version") == VARIABLES_SINCE
    return Policy(
        name,
        tuple(_statement(each, has_variables) for each in _as_list(content.get("Statement"))),
    )


def parse_or_deny(name: str, document: str) -> Policy:
    """Parse a policy that LocalStack stored without validation; an invalid one allows nothing."""
    try:
        return parse(name, document)
    except PolicyError as error:
        LOG.warning("Invalid policy, which allows nothing: %s", error)
        return Policy(name, ())


def _statement(content: Any, has_variables: bool) -> Statement:
    if not isinstance(content, dict) or content.get("Effect") not in ("Allow", "Deny"):
        raise PolicyError(f"a statement's Effect is neither Allow nor Deny: {content!r}")

    def patterns(element: str) -> tuple[Pattern, ...]:
        # Variables are allowed in resources and conditions only.
        variables = has_variables and "Action" not in element
        return tuple(Pattern(str(each), variables) for each in _as_list(content.get(element)))

    return Statement(
        allows=content["Effect"] == "Allow",
        sid=str(content.get("Sid") or ""),
        actions=patterns("Action"),
        except_actions=patterns("NotAction"),
        resources=patterns("Resource"),
        except_resources=patterns("NotResource"),
        principals=_principals(content.get("Principal")),
        except_principals=_principals(content.get("NotPrincipal")),
        conditions=tuple(_conditions(content.get("Condition") or {}, has_variables)),
    )


def _conditions(content: Any, has_variables: bool) -> Iterator[Condition]:
    if not isinstance(content, dict) or not all(
        isinstance(keys, dict) for keys in content.values()
    ):
        raise PolicyError(f"a Condition is not a JSON object of objects: {content!r}")
    for operator, keys in content.items():
        for key, values in keys.items():
            yield Condition(operator, key.lower(), tuple(_patterns(values, has_variables)))


def _patterns(values: Any, has_variables: bool) -> Iterator[Pattern]:
    for value in _as_list(values):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        yield Pattern(text, has_variables)


def _principals(content: Any) -> Mapping[str, tuple[str, ...]]:
    if content is None:
        return {}
    if not isinstance(content, dict):
        content = {"AWS": content}
    return {kind: tuple(str(each) for each in _as_list(names)) for kind, names in content.items()}


def _as_list(content: Any) -> list[Any]:
    if content is None:
        return []
    return content if isinstance(content, list) else [content]
