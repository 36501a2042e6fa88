"""``Name=value`` pairs, as ``sam deploy`` takes them for parameters and tags."""

from __future__ import annotations

import re
import shlex

from testbed.errors import ProjectError

# The older form that `aws cloudformation` and `sam deploy` take, too.
# https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-cli-command-reference-sam-deploy.html
_KEY_AND_VALUE = re.compile("ParameterKey=(?P<key>[^,]+),ParameterValue=(?P<value>.*)", re.DOTALL)


def parse_pairs(given: str | list[str], where: str) -> dict[str, str]:
    """Parse ``Name=value`` pairs: a text, quoted as in a shell, or a list of such texts.

    As in SAM's configuration file, each item of a list can have several pairs.

    Raises
    ------
    ProjectError
        If a text has an unclosed quotation mark, or a word is not such a pair.
    """
    texts = [given] if isinstance(given, str) else given
    return dict(parse_pair(word, where) for text in texts for word in _words(text, where))


def _words(text: str, where: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:  # an unclosed quotation mark
        raise ProjectError(
            f"{where}: {text!r} cannot be read: {error}.",
            advice="Put values with spaces or quotation marks in quotation marks, as in a shell.",
        ) from None


def parse_pair(text: str, where: str) -> tuple[str, str]:
    """Split ``Name=value``, or ``ParameterKey=Name,ParameterValue=value``.

    Raises
    ------
    ProjectError
        If there is no name or no ``=``.
    """
    if match := _KEY_AND_VALUE.fullmatch(text):
        return match["key"], match["value"]
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ProjectError(
            f"{where}: {text!r} is not of the form Name=value.",
            advice="Put values with spaces in quotation marks.",
        )
    return name, value
