"""What is invoked, and how answers are checked."""

import base64
import io
import json
import zipfile
from typing import Any

import pytest

from benchmarks.functions.invoking import Kind, checked, init_duration
from testbed.errors import TestbedError


def loaded(kind: Kind) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(kind.bundle())) as archive:
        [entry] = archive.infolist()
        assert entry.external_attr >> 16 == 0o644  # readable by the user that functions run as
        module: dict[str, Any] = {}
        exec(compile(archive.read(entry), entry.filename, "exec"), module)  # noqa: S102
    return module


@pytest.mark.parametrize("kind", Kind)
def test_function_answers_what_is_expected(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "us-east-1")
    first, other = loaded(kind), loaded(kind)
    event = {"word": "hello", "seconds": 0, "logs": True}
    environments = {
        checked(json.dumps(module["handler"](event, None)).encode(), "hello", kind)
        for module in (first, first, other)
    }
    assert len(environments) == 2
    assert capsys.readouterr().out == "hello\n" * 3
    first["handler"](event | {"logs": False}, None)
    assert not capsys.readouterr().out


@pytest.mark.parametrize(
    "answer",
    [
        "not JSON",
        "null",
        "[]",
        "{}",
        '{"environment": "a", "word": "hello"}',
        '{"environment": "a", "word": "other", "has": null}',
        '{"environment": "a", "word": "hello", "has": "s3"}',
        '{"environment": null, "word": "hello", "has": null}',
        '{"environment": "a", "word": "hello", "has": null, "more": 1}',
    ],
)
def test_wrong_answer_is_an_error(answer: str) -> None:
    with pytest.raises(TestbedError, match="Wrong response"):
        checked(answer.encode(), "hello", Kind.TRIVIAL)


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", None),
        ("REPORT RequestId: 1\tDuration: 1.20 ms\tMemory Size: 128 MB\n", None),
        ("REPORT RequestId: 1\tDuration: 1.20 ms\tInit Duration: 81.50 ms\t\n", 0.0815),
    ],
)
def test_init_duration_is_read_from_the_log(log: str, expected: float | None) -> None:
    assert init_duration(base64.b64encode(log.encode()).decode()) == expected
