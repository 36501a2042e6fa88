"""Requirements files and what they include, and bundles made of them without a network.

https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from testbed.deployment.packaging import package
from testbed.deployment.requirements import (
    ensure_bundled_requirements,
    host_architecture,
    requirement_files,
)
from testbed.errors import EnvironmentBuildError, ProjectError


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TESTBED_CACHE", str(tmp_path / "cache"))


def written(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.txt").write_text(text)
    return folder / "requirements.txt"


def source_distribution(folder: Path, name: str, version: str) -> Path:
    """Write a package that is built without any other package."""
    backend = (
        "import zipfile\n"
        "def build_wheel(directory, config=None, metadata=None):\n"
        f"    name, info = '{name}-{version}-py3-none-any.whl', '{name}-{version}.dist-info'\n"
        "    with zipfile.ZipFile(f'{directory}/{name}', 'w') as wheel:\n"
        f"        wheel.writestr('{name}.py', 'VERSION = \"{version}\"')\n"
        f"        wheel.writestr(f'{{info}}/METADATA',"
        f" 'Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n')\n"
        "        wheel.writestr(f'{info}/WHEEL',"
        " 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        wheel.writestr(f'{info}/RECORD', '')\n"
        "    return name\n"
    )
    files = {
        "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\n"
        f"backend-path = ['.']\n[project]\nname = '{name}'\nversion = '{version}'\n",
        "backend.py": backend,
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
    }
    path = folder / f"{name}-{version}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for file, text in files.items():
            member = tarfile.TarInfo(f"{name}-{version}/{file}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def test_everything_that_is_included_decides(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours/a.py").touch()
    requirements = written(
        tmp_path,
        requirements="-r base.txt  # ours\n--constraint=limits.txt\n./ours\nidna \\\n  >= 3\n",
        base="-rmore.txt\n# -r not.txt\n--requirement https://example.com/r.txt\n",
        more="-r base.txt\nours[extra] @ file:./ours\n",
        limits="idna<4",
    )
    found = requirement_files(requirements)
    assert [path.name for path in dict.fromkeys(found.files)] == [
        "requirements.txt", "base.txt", "more.txt", "limits.txt", "a.py",
    ]  # fmt: skip
    assert not found.hashed


def test_one_hash_makes_hashes_required(tmp_path: Path) -> None:
    """https://pip.pypa.io/en/stable/topics/secure-installs/#hash-checking-mode"""
    requirements = written(
        tmp_path, requirements="-r a.txt", a="idna==3.10 \\\n  --hash=sha256:0\n"
    )
    assert requirement_files(requirements).hashed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("-r none.txt", "includes none.txt, which does not exist"),
        ("-c none.txt", "includes none.txt, which does not exist"),
        ("-e ./ours", r"write \./ours without -e"),
    ],
)
def test_requirements_that_cannot_be_packaged(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(ProjectError, match=problem):
        requirement_files(written(tmp_path, requirements=text))


def test_versions_stay_until_the_files_change(tmp_path: Path) -> None:
    """Without hashes, and from source distributions, which are built."""
    links = tmp_path / "links"
    links.mkdir()
    source_distribution(links, "teapot", "1.0")
    requirements = written(
        tmp_path / "code",
        requirements=f"--no-index\n--find-links {links}\n-r base.txt\n",
        base="teapot\n",
    )
    messages: list[str] = []

    def version() -> str:
        folder = ensure_bundled_requirements(requirements, host_architecture(), messages.append)
        return (folder / "teapot.py").read_text()

    assert version() == 'VERSION = "1.0"'
    source_distribution(links, "teapot", "2.0")
    assert version() == 'VERSION = "1.0"'
    assert messages == [f"building bundle-{host_architecture()}"]
    written(tmp_path / "code", base="teapot>1\n")
    assert version() == 'VERSION = "2.0"'
    package(tmp_path / "code", host_architecture(), messages.append)
    (links / "teapot-1.0.tar.gz").unlink()
    (links / "teapot-2.0.tar.gz").unlink()
    package(tmp_path / "code", host_architecture(), messages.append)  # offline


def test_each_runtime_has_its_own_packages(tmp_path: Path) -> None:
    """Functions that share a folder, and differ in their runtimes."""
    links = tmp_path / "links"
    links.mkdir()
    for version in ("1.0", "2.0"):
        source_distribution(links, "teapot", version)
    written(
        tmp_path / "code",
        requirements=f"--no-index\n--find-links {links}\n"
        "teapot<2; python_version < '3.13'\nteapot>=2; python_version >= '3.13'\n",
    )
    architecture = host_architecture()
    packages = {
        runtime: package(tmp_path / "code", architecture, print, runtime=runtime)
        for runtime in ("python3.9", "python3.12", "python3.13")
    }
    assert len({each.digest for each in packages.values()}) == 3
    for runtime, expected in (("python3.9", "1.0"), ("python3.12", "1.0"), ("python3.13", "2.0")):
        with zipfile.ZipFile(packages[runtime].path) as archive:
            assert archive.read("teapot.py").decode() == f'VERSION = "{expected}"'
    # Code alone is the same for all of them.
    alone = [
        package(tmp_path / "code", architecture, print, requirements=False, runtime=runtime)
        for runtime in ("python3.12", "python3.13")
    ]
    assert alone[0] == alone[1]


def test_hashes_that_are_missing_or_wrong(tmp_path: Path) -> None:
    path = source_distribution(tmp_path, "teapot", "1.0")
    hashed = f"teapot==1.0 --hash=sha256:{'0' * 64}"
    requirements = written(
        tmp_path, requirements=f"--no-index\n--find-links {path.parent}\n{hashed}\n"
    )
    with pytest.raises(EnvironmentBuildError) as caught:
        ensure_bundled_requirements(requirements, host_architecture(), print)
    assert str(requirements) in caught.value.message
    assert "hash" in caught.value.details.lower()


def test_code_takes_the_place_of_a_requirement(tmp_path: Path) -> None:
    """``sam build`` copies the code after the requirements."""
    source_distribution(tmp_path, "teapot", "1.0")
    text = f"--no-index\n--find-links {tmp_path}\nteapot\n"
    folder = written(tmp_path / "code", requirements=text).parent
    (folder / "app.py").write_text("1")
    assert contents(folder)["teapot.py"] == b'VERSION = "1.0"'
    (folder / "teapot.py").write_text("ours")
    found = contents(folder)
    assert found["teapot.py"] == b"ours"
    assert found["app.py"] == b"1"
    assert "teapot-1.0.dist-info/METADATA" in found


def contents(folder: Path) -> dict[str, bytes]:
    built = package(folder, host_architecture(), lambda message: None)
    with zipfile.ZipFile(built.path) as archive:
        assert len(archive.namelist()) == len(set(archive.namelist()))
        return {name: archive.read(name) for name in archive.namelist()}
