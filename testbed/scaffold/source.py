"""The files of the example project, named after the folder that they are created in.

They are those of ``examples/orders`` in the repository, which the testbed's own tests run.
"""

from __future__ import annotations

import re
from pathlib import Path

from testbed.machine.package_files import package_file

FILES = (
    ".github/workflows/test.yml",
    ".gitignore",
    ".gitlab-ci.yml",
    "README.md",
    "functions/accept.py",
    "functions/confirm.py",
    "pytest.ini",
    "requirements-dev.txt",
    "samconfig.toml",
    "template.yaml",
    "tests/test_orders.py",
)
"""The files of the project, relative to its folder."""

_NAME = "orders"
_REQUIREMENT = "serverless-testbed[pytest]"
# Where the example's name is the project's, rather than the word.
_NAMED = {
    "README.md": re.compile(rf"(?<=\A# ){_NAME}$", re.MULTILINE),
    "samconfig.toml": re.compile(rf'(?<=^stack_name = "){_NAME}(?="$)', re.MULTILINE),
}


def example_folder() -> Path:
    """Return the folder with the example's files."""
    return package_file("_example", "examples/orders")


def rendered(name: str, requirement: str) -> dict[str, str]:
    """Return the content of each file.

    Parameters
    ----------
    name
        The project's name, which is its stack's, too.
    requirement
        How pip installs the testbed: a line of a requirements file.
    """
    folder = example_folder()
    files = {file: (folder / file).read_text(encoding="utf-8") for file in FILES}
    for file, pattern in _NAMED.items():
        files[file] = pattern.sub(name, files[file])
    listed = files["requirements-dev.txt"]
    files["requirements-dev.txt"] = listed.replace(_REQUIREMENT, requirement)
    return files
