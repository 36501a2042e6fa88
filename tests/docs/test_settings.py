"""What can be set is documented, and what is documented exists."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def read(path: str) -> str:
    return (ROOT / path).read_text()


def test_every_setting_of_the_extension_is_documented() -> None:
    sources = (ROOT / "extension" / "src").rglob("*.py")
    read_settings = {
        name
        for source in sources
        for name in re.findall(
            r'(?:switch|get)\("((?:TESTBED|LAMBDA_PROCESS)_[A-Z_]+)"', source.read_text()
        )
    }
    documented = re.findall(r"^\| `([A-Z_]+)` \|", read("docs/lambda-executor.md"), re.MULTILINE)
    assert read_settings
    assert read_settings == {
        name for name in documented if name.startswith(("TESTBED_", "LAMBDA_PROCESS_"))
    }
