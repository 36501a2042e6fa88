"""The image of LocalStack: newer ones than 4.14.0 end at once without an account's token.

https://blog.localstack.cloud/switching-to-calendar-versioning
"""

from __future__ import annotations

import re

from testbed.doctor.finding import Finding, looks_at, ok, warning
from testbed.doctor.place import Place

_LAST_FREE = (4, 14, 0)
_FREE_IMAGE = "localstack/localstack:4.14.0"
_COMPOSE_DEFAULT = re.compile(r"\$\{LOCALSTACK_IMAGE:-(?P<image>[^}]+)\}")


@looks_at("image of LocalStack")
def token(place: Place) -> Finding | None:
    """Look whether the image that Compose is to use wants a token, and there is one."""
    chosen = _image(place)
    if chosen is None:
        return None
    wants = wants_token(chosen)
    if wants is False:
        return ok(f"{chosen} wants no token")
    if place.compose_variables.get("LOCALSTACK_AUTH_TOKEN"):
        return ok(f"{chosen}, with the token in LOCALSTACK_AUTH_TOKEN")
    advice = f"Use {_FREE_IMAGE} (unset LOCALSTACK_IMAGE), or set LOCALSTACK_AUTH_TOKEN."
    if wants is None:
        return warning(f"{chosen}: its name does not tell whether it wants a token", advice)
    return warning(f"{chosen} wants a token, and there is none", advice)


def _image(place: Place) -> str | None:
    if chosen := place.compose_variables.get("LOCALSTACK_IMAGE"):
        return chosen
    file = place.root / "docker-compose.yml"
    if not file.is_file():
        return None
    match = _COMPOSE_DEFAULT.search(file.read_text(encoding="utf-8"))
    return match["image"] if match else None


def wants_token(image: str) -> bool | None:
    """Return whether an image wants ``LOCALSTACK_AUTH_TOKEN``; None if its name does not tell.

    Up to 4.14.0 ``localstack/localstack`` wants none; its later releases, which are numbered by
    year and month, do, and so do the tags that move with them.
    """
    name, _, digest = image.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # the colon of a registry's port
        repository, tag = name, "" if digest else "latest"
    last = repository.rpartition("/")[2]
    if last == "localstack-pro":
        return True
    if last != "localstack" or not tag:
        return None
    tag = tag.removeprefix("s3-")  # the image with S3 alone
    version = re.match(r"v?(\d+(?:\.\d+){0,2})(?![\d.])", tag)
    if version is None:
        return True if tag.split("-")[0] in ("latest", "stable") else None
    return tuple(int(part) for part in version[1].split(".")) > _LAST_FREE
