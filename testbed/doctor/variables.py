"""Checks of environment variables that divert requests from the testbed."""

from __future__ import annotations

import configparser
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

from testbed.aws.clients import ACCESS_KEY_ID
from testbed.doctor.context import Context
from testbed.doctor.finding import Finding, checks, ok, warning
from testbed.emulators import instance

_LOOPBACK = ("127.0.0.1", "localhost")
_USE_TESTBED = 'To use the testbed: eval "$(testbed env)"'


@checks("proxies")
def proxies(context: Context) -> Finding:
    """Check that no proxy is used for requests to this machine."""
    proxies = {
        name.lower().removesuffix("_proxy"): value
        for name, value in context.variables.items()
        if name.lower().endswith("_proxy") and value
    }
    used = sorted(f"{kind}_proxy" for kind in ("http", "all") if kind in proxies)
    if not used:
        return ok("none for HTTP")
    # The function that urllib, requests and botocore use; it has no type hints.
    is_exempt = urllib.request.proxy_bypass_environment  # type: ignore[attr-defined]
    sent = [host for host in _LOOPBACK if not is_exempt(host, proxies)]
    if sent:
        return warning(
            f"{', '.join(used)} applies to {' and '.join(sent)}",
            "The testbed ignores it, but aws, curl and your code do not:"
            f" export NO_PROXY={','.join(_LOOPBACK)} no_proxy={','.join(_LOOPBACK)}",
        )
    return ok(f"{', '.join(used)} does not apply to this machine")


@checks("AWS settings")
def aws(context: Context) -> Finding:
    """Check whether ``aws`` uses the testbed, or AWS with real credentials."""
    variables = context.variables
    if variables.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return warning(
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true: AWS_ENDPOINT_URL has no effect",
            "unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        )
    endpoint = variables.get("AWS_ENDPOINT_URL")
    if endpoint:
        return _endpoint(endpoint, context)
    if profile := variables.get("AWS_PROFILE"):
        return warning(f"`aws` uses AWS, with the profile {profile}", _USE_TESTBED)
    if variables.get("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID) != ACCESS_KEY_ID:
        return warning("`aws` uses AWS, with the keys in AWS_ACCESS_KEY_ID", _USE_TESTBED)
    if file := _default_credentials(context):
        return warning(f"`aws` uses AWS, with the default keys in {file}", _USE_TESTBED)
    return ok("no endpoint and no AWS keys are set")


def _endpoint(endpoint: str, context: Context) -> Finding:
    elsewhere = sorted(
        name
        for name, value in context.variables.items()
        if name.startswith("AWS_ENDPOINT_URL_") and value != endpoint
    )
    if elsewhere:
        return warning(
            f"{', '.join(elsewhere)} and AWS_ENDPOINT_URL are different endpoints",
            f"unset {' '.join(elsewhere)}",
        )
    if (urlsplit(endpoint).hostname or "") not in _LOOPBACK:
        return warning(f"AWS_ENDPOINT_URL={endpoint} is not on this machine", _USE_TESTBED)
    recorded = instance.load(context.state)
    if recorded and recorded.process() and recorded.endpoint_url != endpoint.rstrip("/"):
        return warning(
            f"AWS_ENDPOINT_URL={endpoint}, but the testbed is at {recorded.endpoint_url}",
            _USE_TESTBED,
        )
    if profile := context.variables.get("AWS_PROFILE"):
        return warning(
            f"AWS_PROFILE={profile} signs requests with AWS keys, and may set its own endpoints",
            _USE_TESTBED,
        )
    return ok(f"AWS_ENDPOINT_URL={endpoint}")


def _default_credentials(context: Context) -> Path | None:
    """Return the credentials file of the SDKs if its default profile has AWS keys.

    https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
    """
    given = context.variables.get("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials")
    file = Path(given).expanduser()
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read(file, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return None
    key = parser.get("default", "aws_access_key_id", fallback=ACCESS_KEY_ID)
    return file if key != ACCESS_KEY_ID else None
