"""The files that ``docker/Dockerfile`` needs, without Docker."""

from __future__ import annotations

import tomllib

from tests.conftest import ROOT


def test_image_has_the_files_that_the_package_includes() -> None:
    """Building the package fails without them, which only a build of the image would show."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    lines = (ROOT / "docker" / "Dockerfile").read_text().splitlines()
    copied = {source for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]}
    sent = set((ROOT / ".dockerignore").read_text().splitlines())
    assert set(included) <= copied
    assert {f"!{source}" for source in included} <= sent
