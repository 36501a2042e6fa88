"""What can be set is documented, and what is documented exists."""

from __future__ import annotations

import re

from testbed import cli
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


def test_readme_names_commands_that_exist() -> None:
    scripts = "".join(re.findall(r"```sh\n(.*?)```", read("README.md"), re.DOTALL))
    named = set(re.findall(r"^testbed ([a-z]+)", scripts, re.MULTILINE))
    assert named
    assert named <= set(cli.testbed.commands)


def test_links_between_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for document in documents:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
