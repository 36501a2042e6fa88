"""``testbed doctor`` on init scripts as Windows, editors and archives leave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.doctor import init_scripts
from testbed.doctor.finding import Check
from testbed.doctor.place import Place
from tests.testbed.doctor.doctoring import look, make_place

CHECKS = (
    init_scripts.kinds,
    init_scripts.run_bits,
    init_scripts.line_ends,
    init_scripts.byte_order_marks,
    init_scripts.interpreters,
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    (tmp_path / "init" / "ready.d").mkdir(parents=True)
    return make_place(tmp_path)


def add(place: Place, name: str, content: bytes, mode: int = 0o755) -> None:
    file = place.root / "init" / "ready.d" / name
    file.write_bytes(content)
    file.chmod(mode)


def test_good_scripts(place: Place) -> None:
    add(place, "10-a.sh", b"#!/bin/sh\ntrue\n")
    add(place, "20-b.py", b"print()\r\n", mode=0o644)
    add(place, "30-c.sh", b"#!/usr/bin/env -S sh\ntrue\n")
    assert [look(check, place)[0] for check in CHECKS] == ["ok"] * len(CHECKS)


@pytest.mark.parametrize(
    ("check", "content", "mode", "found", "advice"),
    [
        (init_scripts.run_bits, b"#!/bin/sh\n", 0o644, "may not be run", "chmod +x init/ready.d/"),
        (init_scripts.line_ends, b"#!/bin/sh\r\n", 0o755, "CR LF", "eol=lf"),
        (
            init_scripts.byte_order_marks,
            b"\xef\xbb\xbf#!/bin/sh\n",
            0o755,
            "byte order mark",
            "UTF-8",
        ),
        (init_scripts.interpreters, b"true\n", 0o755, "does not begin with #!", "#!/bin/sh"),
        (init_scripts.interpreters, b"", 0o755, "does not begin with #!", "#!/bin/sh"),
        (init_scripts.interpreters, b"#!/no/such\n", 0o755, "there is no /no/such", "#!/bin/sh"),
        (init_scripts.interpreters, b"#!/usr/bin/env\n", 0o755, "no interpreter", "#!/bin/sh"),
    ],
)
def test_bad_script(
    place: Place, check: Check, content: bytes, mode: int, found: str, advice: str
) -> None:
    add(place, "10-bad.sh", content, mode)
    level, said, to_do = look(check, place)
    assert level == "problem"
    assert said.startswith("init/ready.d/10-bad.sh")
    assert found in said
    assert advice in to_do
    # One fault is told once.
    others = [look(other, place)[0] for other in CHECKS if other is not check]
    assert others == ["ok"] * len(others)


def test_file_that_is_no_script(place: Place) -> None:
    add(place, "10-deploy.bash", b"#!/bin/bash\n")
    level, found, _ = look(init_scripts.kinds, place)
    assert (level, found) == ("warning", "LocalStack passes over init/ready.d/10-deploy.bash")


def test_stage_that_localstack_does_not_know(place: Place) -> None:
    (place.root / "init" / "ready").mkdir()
    level, found, advice = look(init_scripts.kinds, place)
    assert (level, found) == ("warning", "LocalStack knows no stage ready")
    assert "ready.d" in advice


def test_no_scripts(tmp_path: Path) -> None:
    place = make_place(tmp_path)
    assert look(init_scripts.kinds, place)[0] == "warning"
    assert init_scripts.run_bits(place) is None
