"""Variables of the caller's shell that lead programs elsewhere than to the testbed."""

from __future__ import annotations

import configparser
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from testbed.aws.clients import ACCESS_KEY_ID
from testbed.doctor.finding import Finding, looks_at, ok, warning
from testbed.doctor.place import Place
from testbed.emulators import instance

_LOOPBACK = ("127.0.0.1", "localhost")
_USE_TESTBED = 'Lead them to the testbed: eval "$(testbed env)"'


@looks_at("proxies")
def proxies(place: Place) -> Finding:
    """Look for a proxy that requests to this machine would be sent to."""
    proxies = {
        name.lower().removesuffix("_proxy"): value
        for name, value in place.variables.items()
        if name.lower().endswith("_proxy") and value
    }
    used = sorted(f"{kind}_proxy" for kind in ("http", "all") if kind in proxies)
    if not used:
        return ok("none for plain HTTP")
    # What urllib, requests and botocore ask; the types do not know it.
    is_exempt = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    sent = [host for host in _LOOPBACK if not is_exempt(host, proxies)]
    if sent:
        return warning(
            f"{', '.join(used)} is set, also for {' and '.join(sent)}",
            "The testbed uses no proxy, but aws, curl and your code do:"
            f" export NO_PROXY={','.join(_LOOPBACK)} no_proxy={','.join(_LOOPBACK)}",
        )
    return ok(f"{', '.join(used)}, not for this machine")


@looks_at("AWS settings of this shell")
def aws(place: Place) -> Finding:
    """Look where ``aws`` would go: to the testbed, to AWS with real credentials, or nowhere."""
    variables = place.variables
    if variables.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return warning(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true: AWS_ENDPOINT_URL has no effect",
            "unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        )
    endpoint = variables.get("AWS_ENDPOINT_URL")
    if endpoint:
        return _endpoint(endpoint, place)
    if profile := variables.get("AWS_PROFILE"):
        return warning(f"`aws` goes to AWS, with the profile {profile}", _USE_TESTBED)
    if variables.get("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID) != ACCESS_KEY_ID:
        return warning("`aws` goes to AWS, with the keys in AWS_ACCESS_KEY_ID", _USE_TESTBED)
    if file := _default_credentials(place):
        return warning(f"`aws` goes to AWS, with the default keys of {file}", _USE_TESTBED)
    return ok("neither an endpoint nor keys of AWS")


def _endpoint(endpoint: str, place: Place) -> Finding:
    elsewhere = sorted(
        name
        for name, value in place.variables.items()
        if name.startswith("AWS_ENDPOINT_URL_") and value != endpoint
    )
    if elsewhere:
        return warning(
            f"{', '.join(elsewhere)} lead elsewhere than AWS_ENDPOINT_URL",
            f"unset {' '.join(elsewhere)}",
        )
    if (urlsplit(endpoint).hostname or "") not in _LOOPBACK:
        return warning(f"AWS_ENDPOINT_URL={endpoint} is not on this machine", _USE_TESTBED)
    recorded = instance.load(place.state)
    if recorded and recorded.process() and recorded.endpoint_url != endpoint.rstrip("/"):
        return warning(
            f"AWS_ENDPOINT_URL={endpoint}, and the testbed is at {recorded.endpoint_url}",
            _USE_TESTBED,
        )
    if profile := place.variables.get("AWS_PROFILE"):
        return warning(
            f"AWS_PROFILE={profile} signs requests with keys of AWS, and may name"
            " endpoints of its own",
            _USE_TESTBED,
        )
    return ok(f"lead to {endpoint}")


def _default_credentials(place: Place) -> Path | None:
    """Return the file with a default profile's keys, as the SDKs find it.

    https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
    """
    given = place.variables.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    file = Path(given).expanduser()
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    key = parser.get("default", "aws_access_key_id", fallback=ACCESS_KEY_ID)
    return file if key != ACCESS_KEY_ID else None
