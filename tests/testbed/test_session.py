"""The URL at which a deployed REST API is called."""

from __future__ import annotations

from testbed.session import api_url


def test_api_url_of_an_emulator() -> None:
    outputs = {
        "Queue": "http://127.0.0.1:4566/queue/x",
        "Api": "https://abc-1.execute-api.eu-central-1.amazonaws.com/v1",
    }
    assert api_url(outputs, "http://127.0.0.1:1") == "http://127.0.0.1:1/_aws/execute-api/abc-1/v1"
    assert api_url({}, "http://127.0.0.1:1") is None


def test_api_url_of_aws() -> None:
    url = "https://abc-1.execute-api.eu-central-1.amazonaws.com/v1"
    assert api_url({"Api": f"{url}/"}, "") == url
