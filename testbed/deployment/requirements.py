"""The requirements of functions, bundled for AWS Lambda's platform."""

from __future__ import annotations

import platform
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from testbed.errors import EnvironmentBuildError, ProjectError
from testbed.machine.cache import Report, build_once
from testbed.machine.virtual_environments import installed_interpreter, interpreter, uv
from testbed.project.functions import RUNTIME

# AWS Lambda's platform: Amazon Linux 2023 (glibc 2.34) for python3.12 and later, Amazon Linux 2
# (glibc 2.26) for earlier ones. https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_LAMBDA_PLATFORM = "manylinux_2_34"
# uv knows no platform between glibc 2.17 and 2.28.
_EARLIER_PLATFORM = "manylinux_2_17"
_EARLIER = ("python3.8", "python3.9", "python3.10", "python3.11")
_PROCESSORS = {"x86_64": "x86_64", "arm64": "aarch64"}
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}
# https://pip.pypa.io/en/stable/reference/requirements-file-format/
_INCLUDE = re.compile(r"(?:-r|-c|--requirement|--constraint)(?:\s+|=|(?<=-[rc]))(?P<file>\S+)")
_EDITABLE = re.compile(r"(?:-e|--editable)(?:\s+|=|(?<=-e))(?P<path>\S+)")
_HASH = re.compile(r"\s--hash[= ]")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_REMOTE = re.compile(r"[a-z+]+://")


@dataclass
class RequirementFiles:
    """What decides the content of a bundle.

    Parameters
    ----------
    files
        The requirements file, the files that it includes, and the local packages that it names.
    hashed
        Whether a requirement has a hash; then pip demands hashes of all.
        https://pip.pypa.io/en/stable/topics/secure-installs/
    """

    files: list[Path] = field(default_factory=list)
    hashed: bool = False


def ensure_bundled_requirements(
    requirements: Path, architecture: str, report: Report, runtime: str = RUNTIME
) -> Path:
    """Return a folder with a function's requirements as they run in AWS Lambda.

    Versions that the file leaves open are chosen when the folder is built, and stay until one of
    the files changes. Source distributions are built on this machine.

    Parameters
    ----------
    requirements
        A ``requirements.txt``, as ``sam build`` reads it.
    architecture
        ``x86_64`` or ``arm64``.
    runtime
        The runtime that they run in, such as ``python3.12``.

    Raises
    ------
    ProjectError
        If an included file is missing or cannot be read.
    EnvironmentBuildError
        If they cannot be installed.
    """
    requirements = requirements.absolute()  # uv runs in its folder
    read = requirement_files(requirements)
    version = runtime.removeprefix("python")
    platform_name = _EARLIER_PLATFORM if runtime in _EARLIER else _LAMBDA_PLATFORM

    def build(target: Path) -> None:
        try:
            uv(
                "pip", "install", "--target", str(target), "--requirements", str(requirements),
                *(["--require-hashes"] if read.hashed else []), "--no-compile-bytecode",
                # Another Python suffices, unless a package has to be compiled.
                "--python", installed_interpreter(version) or interpreter(),
                "--python-version", version,
                "--python-platform", f"{_PROCESSORS[architecture]}-{platform_name}",
                folder=requirements.parent,
            )  # fmt: skip
        except EnvironmentBuildError as error:
            raise EnvironmentBuildError(
                f"The packages of {requirements} could not be installed: {error.message}",
                advice=error.advice,
                details=error.details,
            ) from error
        shutil.rmtree(target / "bin", ignore_errors=True)  # commands, which functions do not run

    return build_once(bundle_name(architecture, runtime), read.files, build, report)


def bundle_name(architecture: str, runtime: str = RUNTIME) -> str:
    """Return the name in the cache of what is built from the requirements of functions.

    >>> bundle_name("x86_64", "python3.12"), bundle_name("x86_64", "python3.13")
    ('bundle-x86_64-py312', 'bundle-x86_64')
    """
    if runtime == RUNTIME:
        return f"bundle-{architecture}"
    return f"bundle-{architecture}-py{runtime.removeprefix('python').replace('.', '')}"


def host_architecture() -> str:
    """Return this machine's architecture as Lambda names it."""
    machine = platform.machine().lower()
    return _ARCHITECTURES.get(machine, machine)


def requirement_files(requirements: Path) -> RequirementFiles:
    """Read a requirements file and everything that it includes.

    Raises
    ------
    ProjectError
        If an included file is missing or cannot be read, or a package is installed as editable.
    """
    found = RequirementFiles()
    _read(requirements, found)
    return found


def _read(path: Path, found: RequirementFiles) -> None:
    if path in found.files:
        return
    found.files.append(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ProjectError(f"{path} cannot be read: {reason}.") from error
    for line in _lines(text):
        found.hashed = found.hashed or _HASH.search(line) is not None
        if match := _INCLUDE.match(line):
            if _REMOTE.match(match["file"]):
                continue
            included = path.parent / match["file"]
            if not included.is_file():
                raise ProjectError(f"{path} includes {match['file']}, which does not exist.")
            _read(included, found)
        elif match := _EDITABLE.match(line):
            raise ProjectError(
                f"{path} installs {match['path']} as editable, which a deployment package cannot"
                f" hold: write {match['path']} without -e."
            )
        else:
            found.files += _local_package(path.parent, line)


def _lines(text: str) -> Iterator[str]:
    """Yield a requirements file's lines without comments, with continued lines joined."""
    joined = ""
    for line in text.splitlines():
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            joined += f"{line[:-1]} "
            continue
        if content := _COMMENT.sub("", joined + line).strip():
            yield content
        joined = ""
    if joined.strip():
        yield joined.strip()


def _local_package(folder: Path, line: str) -> list[Path]:
    """Return the files of a requirement that names a local file or folder."""
    _, at, named = line.partition(" @ ")
    word = (named if at else line).split()[0].removeprefix("file://")
    if _REMOTE.match(word) or not ("/" in word or word.endswith((".whl", ".gz", ".zip"))):
        return []
    path = folder / word.partition("[")[0]
    if path.is_dir():
        return sorted(each for each in path.rglob("*") if each.is_file())
    return [path] if path.is_file() else []
