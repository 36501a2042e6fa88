"""Requests as web pages and other programs send them."""

from typing import Any

import requests

LIMIT_SECONDS = 30
NAMED = "named.example"
ALLOWED = "http://allowed.example:3000"
FOREIGN = "http://attacker.example"
FOREIGN_IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
PATHS = [
    "/",
    "/_localstack/health",
    "/_localstack/init",
    "/_testbed/journal",
    "/_testbed/clock",
    "/_testbed/faults",
    "/_testbed/permissions",
    "/_aws/ses",
    "/_aws/sqs/messages",
    "/_aws/execute-api/any/stage/",
    "/000000000000/queue",
    "/queue/us-east-1/000000000000/queue",
    "/bucket/key",
    "/2015-03-31/functions/",
    "/no/such/path",
]


def ask(method: str, url: str, headers: dict[str, str], **more: Any) -> requests.Response:
    return requests.request(
        method, url, headers=headers, timeout=LIMIT_SECONDS, allow_redirects=False, **more
    )


def signed(service: str) -> dict[str, str]:
    """Return the headers of a signature that any page can make."""
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"Authorization": signature, "X-Amz-Date": "20260101T000000Z"}
