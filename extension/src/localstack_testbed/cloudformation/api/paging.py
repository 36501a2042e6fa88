"""Pages of lists, and the tokens that continue them."""

import base64
import binascii
from collections.abc import Sequence

from localstack_testbed.cloudformation.errors import ValidationError

PAGE = 100
"""Entries of a page, as AWS has them in most lists."""


def page[Item](
    items: Sequence[Item], token: str | None, size: int = PAGE
) -> tuple[list[Item], str | None]:
    """Return the page that a token stands for, and the token of the next one.

    Raises
    ------
    ValidationError
        If the token was not returned by this function.
    """
    start = _position(token) if token else 0
    end = start + size
    return list(items[start:end]), _token(end) if end < len(items) else None


def newest_first[Item](
    items: Sequence[Item], token: str | None, size: int = PAGE
) -> tuple[list[Item], str | None]:
    """Return a page of items to which new ones are appended, in reverse.

    A token stays valid when there are new items.

    Raises
    ------
    ValidationError
        If the token was not returned by this function.
    """
    end = min(_position(token), len(items)) if token else len(items)
    start = max(0, end - size)
    return list(items[start:end])[::-1], _token(start) if start else None


def _token(position: int) -> str:
    return base64.urlsafe_b64encode(f"page:{position}".encode()).decode()


def _position(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token.encode("ascii")).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    prefix, _, position = text.partition(":")
    if prefix != "page" or not position.isdigit() or len(position) > 9:
        raise ValidationError(f"Invalid NextToken: {token[:100]}")
    return int(position)
