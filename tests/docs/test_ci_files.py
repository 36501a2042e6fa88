"""What GitHub, GitLab and Docker Compose read is valid by the schemas that they publish.

check-jsonschema brings the schemas along: nothing is fetched.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
GITLAB = [ROOT / "docs" / "examples" / "gitlab-ci.yml"]
COMPOSE = [ROOT / "docker-compose.yml", *sorted((ROOT / "docker").glob("*.yml"))]
# The vendors' schemas, and check-jsonschema's own, by which every job has a time limit.
SCHEMAS = {
    "vendor.github-workflows": WORKFLOWS,
    "custom.github-workflows-require-timeout": WORKFLOWS,
    "vendor.gitlab-ci": GITLAB,
    "vendor.compose-spec": COMPOSE,
}
_COMMIT = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+(\.\d+)*$")


def complaints(schema: str, file: Path) -> str:
    """Return what a schema has against a file; empty if it is valid."""
    options = ["--data-transform", "gitlab-ci"] if schema == "vendor.gitlab-ci" else []
    ended = subprocess.run(
        [
            sys.executable, "-m", "check_jsonschema", "--color", "never",
            "--builtin-schema", schema, *options, str(file),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )  # fmt: skip
    return "" if ended.returncode == 0 else f"{ended.stdout}{ended.stderr}"


@pytest.mark.parametrize(
    ("schema", "file"),
    [(schema, file) for schema, files in SCHEMAS.items() for file in files],
    ids=lambda value: value.name if isinstance(value, Path) else value,
)
def test_file_is_valid(schema: str, file: Path) -> None:
    assert complaints(schema, file) == ""


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schema_finds_faults(schema: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("jobs: {a: {steps: 1}}\nservices: {b: {ports: 1}}\nc: {script: 1}\n")
    assert "Schema validation errors were encountered" in complaints(schema, wrong)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_named_by_their_commits(file: Path) -> None:
    """A tag may be moved to other code.

    https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions
    """
    uses = [line for line in file.read_text().splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not _COMMIT.search(line)] == []
