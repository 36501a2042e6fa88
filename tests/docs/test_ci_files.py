"""The files for GitHub, GitLab and Docker Compose are valid by the schemas that these publish.

check-jsonschema contains the schemas: nothing is downloaded.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

EXAMPLE = ROOT / "examples" / "orders"
WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    EXAMPLE / ".github" / "workflows" / "test.yml",
]
GITLAB = [ROOT / "docs" / "examples" / "gitlab-ci.yml", EXAMPLE / ".gitlab-ci.yml"]
COMPOSE = [ROOT / "docker-compose.yml", *sorted((ROOT / "docker").glob("*.yml"))]
# The vendors' schemas, and one of check-jsonschema that requires a time limit for every job.
SCHEMAS = {
    "vendor.github-workflows": WORKFLOWS,
    "custom.github-workflows-require-timeout": WORKFLOWS,
    "vendor.gitlab-ci": GITLAB,
    "vendor.compose-spec": COMPOSE,
}
_COMMIT = re.compile(r"uses: \S+@[0-9a-f]{40} # v\d+(\.\d+)*$")


def errors(schema: str, file: Path) -> str:
    """Return the errors of a file by a schema; empty if the file is valid."""
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
    assert errors(schema, file) == ""


@pytest.mark.parametrize("schema", SCHEMAS)
def test_schema_finds_errors(schema: str, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("jobs: {a: {steps: 1}}\nservices: {b: {ports: 1}}\nc: {script: 1}\n")
    assert "Schema validation errors were encountered" in errors(schema, wrong)


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_named_by_their_commits(file: Path) -> None:
    """A tag can be moved to other code; a commit cannot.

    https://docs.github.com/en/actions/reference/security/secure-use#using-third-party-actions
    """
    uses = [line for line in file.read_text().splitlines() if "uses:" in line]
    assert uses
    assert [line for line in uses if not _COMMIT.search(line)] == []
