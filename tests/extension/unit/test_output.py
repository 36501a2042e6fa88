"""The output of a runtime process: lines, and frames of the runtime."""

import os
from collections.abc import Iterator

import pytest
from localstack_testbed.lambda_executor.output import EVENT_LIMIT, OutputStream


@pytest.fixture
def stream() -> Iterator[OutputStream]:
    made = OutputStream()
    yield made
    made.close_writer()


def frame(message: str, *, timed: bool = True) -> bytes:
    content = message.encode()
    kind = b"\xa5\x5a\x00\x17" if timed else b"\xa5\x5a\x00\x01"
    return kind + len(content).to_bytes(4, "big") + (bytes(8) if timed else b"") + content


@pytest.mark.parametrize(
    ("written", "texts"),
    [
        (b"a\nb\n", ["a", "b"]),
        (b"a\n\nunfinished", ["a", "", "unfinished"]),
        (b"", []),
        (b"before\n" + frame("one\ntwo\n") + b"after\n", ["before", "one\ntwo", "after"]),
        (b"unfinished" + frame("x") + frame("y", timed=False), ["unfinished", "x", "y"]),
        (frame("cut off")[:-4], ["cut"]),
        (frame("")[:6], [""]),
        (b"\xff\xc3\xa5Z\n", ["\ufffd\xe5Z"]),
    ],
)
def test_events(stream: OutputStream, written: bytes, texts: list[str]) -> None:
    os.write(stream.writer, written)
    assert [line.text for line in stream.take()] == texts
    assert stream.take() == []


def test_long_lines_are_split(stream: OutputStream) -> None:
    os.write(stream.writer, b"x" * 60_000 + b"\n")
    assert len(stream.take()) == 1
    written = b"y" * (EVENT_LIMIT + 5) + b"\n"
    while written:
        written = written[os.write(stream.writer, written) :]
    assert [len(line.text) for line in stream.take()] == [EVENT_LIMIT, 5]
