"""``testbed doctor`` on init scripts as Windows, editors and archives leave them."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.doctor import init_scripts
from testbed.doctor.context import Context
from testbed.doctor.finding import Check
from tests.testbed.doctor.doctoring import make_context, run

CHECKS = (
    init_scripts.kinds,
    init_scripts.execute_permission,
    init_scripts.line_endings,
    init_scripts.byte_order_marks,
    init_scripts.interpreters,
)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "init" / "ready.d").mkdir(parents=True)
    return make_context(tmp_path)


def add(context: Context, name: str, content: bytes, mode: int = 0o755) -> None:
    file = context.root / "init" / "ready.d" / name
    file.write_bytes(content)
    file.chmod(mode)


def test_good_scripts(context: Context) -> None:
    add(context, "10-a.sh", b"#!/bin/sh\ntrue\n")
    add(context, "20-b.py", b"print()\r\n", mode=0o644)
    add(context, "30-c.sh", b"#!/usr/bin/env -S sh\ntrue\n")
    assert [run(check, context)[0] for check in CHECKS] == ["ok"] * len(CHECKS)


@pytest.mark.parametrize(
    ("check", "content", "mode", "found", "advice"),
    [
        (
            init_scripts.execute_permission,
            b"#!/bin/sh\n",
            0o644,
            "is not executable",
            "chmod +x init/ready.d/",
        ),
        (init_scripts.line_endings, b"#!/bin/sh\r\n", 0o755, "CR LF", "eol=lf"),
        (
            init_scripts.byte_order_marks,
            b"\xef\xbb\xbf#!/bin/sh\n",
            0o755,
            "byte order mark",
            "UTF-8",
        ),
        (init_scripts.interpreters, b"true\n", 0o755, "does not start with #!", "#!/bin/sh"),
        (init_scripts.interpreters, b"", 0o755, "does not start with #!", "#!/bin/sh"),
        (init_scripts.interpreters, b"#!/no/such\n", 0o755, "/no/such does not", "#!/bin/sh"),
        (
            init_scripts.interpreters,
            b"#!/usr/bin/env\n",
            0o755,
            "names no interpreter",
            "#!/bin/sh",
        ),
    ],
)
def test_bad_script(
    context: Context, check: Check, content: bytes, mode: int, found: str, advice: str
) -> None:
    add(context, "10-bad.sh", content, mode)
    level, said, to_do = run(check, context)
    assert level == "problem"
    assert said.startswith("init/ready.d/10-bad.sh")
    assert found in said
    assert advice in to_do
    # One problem is reported once.
    others = [run(other, context)[0] for other in CHECKS if other is not check]
    assert others == ["ok"] * len(others)


def test_file_that_is_no_script(context: Context) -> None:
    add(context, "10-deploy.bash", b"#!/bin/bash\n")
    level, found, _ = run(init_scripts.kinds, context)
    assert (level, found) == ("warning", "LocalStack ignores init/ready.d/10-deploy.bash")


def test_stage_that_localstack_does_not_know(context: Context) -> None:
    (context.root / "init" / "ready").mkdir()
    level, found, advice = run(init_scripts.kinds, context)
    assert (level, found) == ("warning", "LocalStack has no stage ready")
    assert "ready.d" in advice


def test_no_scripts(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    level, found, _ = run(init_scripts.kinds, context)
    assert (level, found) == ("ok", "none: `testbed up` deploys the template itself")
    assert init_scripts.execute_permission(context) is None
