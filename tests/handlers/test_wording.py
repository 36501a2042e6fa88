"""Texts that are safe to show."""

import socket
import ssl
from datetime import timedelta

import pytest
from monitoring.wording import describe_connection, duration, one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        (" a\r\nSubject: b\tc ", "a Subject: b c"),
        ("\x1b[31mred\x1b[0m\x00\x7f\x85", "[31mred [0m"),
        ("ab\u202ecod\u2066.\u2028next\u200b", "ab cod . next"),
        ("grün – gut", "grün – gut"),
        ("x" * 21, "x" * 19 + "…"),
        ("x" * 20, "x" * 20),
        ("x" + " " * 100, "x…"),
        ("\x00" * 1_000_000 + "x", "…"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text, 20) == line


def certificate_error() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (socket.gaierror(-2, "Name unknown"), "host name not resolved: Name unknown"),
        (certificate_error(), "certificate not trusted: certificate has expired"),
        (ssl.SSLError(1, "handshake failure"), "TLS failed: handshake failure"),
        (ConnectionRefusedError(111, "Connect call failed"), "connection refused"),
        (ConnectionResetError(104, "Connection reset by peer"), "connection reset"),
        (BrokenPipeError(32, "Broken pipe"), "connection reset"),
        (OSError(113, "No route to host"), "[Errno 113] No route to host"),
        (OSError("too\nmuch"), "too much"),
        (OSError(), "OSError"),
    ],
)
def test_why_a_connection_failed(error: OSError, words: str) -> None:
    assert describe_connection(error) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.6, "1 s"),
        (59, "59 s"),
        (200, "3 min 20 s"),
        (7_500, "2 h 5 min"),
        (7_205, "2 h 5 s"),
        (90_000, "1 d 1 h"),
        (90_061, "1 d 1 h"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(timedelta(seconds=seconds)) == words
