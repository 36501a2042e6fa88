"""The Python environments that the testbed builds on first use, and keeps.

There are three environments in all, none seeing another: the testbed's own, in which this module
runs; LocalStack with its pins; and the functions' runtime, which holds what AWS Lambda's holds.
The latter two are made here by ``uv`` from lock files with hashes. Each lives in the user's cache
folder under a name made from everything that went into it, so that clones share them, a changed
lock file makes a new one, and a finished one is never written to again. (Its file ``.complete``
has the time of its last use, by which ``testbed cache`` knows what nobody needs.)
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from testbed.errors import EnvironmentBuildError, TestbedError
from testbed.machine.file_errors import advice_on_output, naming

_PACKAGE = Path(__file__).parents[1]
_LOCKS = Path(__file__).parent / "locks"
# In a wheel the extension's source lies inside the package, in a clone beside it.
_EXTENSION_SOURCES = (_PACKAGE / "_extension", _PACKAGE.parent / "extension")

PYTHON_VERSION = "3.13"
# To be raised when what is built from the same inputs is built in another way.
_RECIPE = 3
# AWS Lambda's platform for python3.13 (Amazon Linux 2023, glibc 2.34) by the architectures' names.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_LAMBDA_PLATFORMS = {"x86_64": "x86_64-manylinux_2_34", "arm64": "aarch64-manylinux_2_34"}
_CERTIFICATE = "certificate.pem"
COMPLETE = ".complete"
"""The file that marks a folder in the cache as built to its end."""
_WRITABLE_BY_OTHERS = 0o022

Report = Callable[[str], None]


@dataclass(frozen=True)
class Environments:
    """What an embedded LocalStack is made of.

    Parameters
    ----------
    localstack
        LocalStack's environment.
    extension
        A folder for ``PYTHONPATH`` that holds our extension.
    runtime
        The environment that functions run in.
    """

    localstack: Path
    extension: Path
    runtime: Path

    @property
    def localstack_python(self) -> Path:
        """The interpreter that runs LocalStack."""
        return self.localstack / "bin" / "python"

    @property
    def runtime_python(self) -> Path:
        """The interpreter that runs functions."""
        return self.runtime / "bin" / "python"

    def copy_certificate(self, folder: Path) -> Path:
        """Copy a self-signed certificate with its key, for the HTTPS of one LocalStack.

        LocalStack writes both into files beside it whenever it starts: another one that starts at
        the same time would read what is half-written.
        """
        copy = Path(shutil.copy(self.localstack / _CERTIFICATE, folder))
        copy.chmod(0o600)
        return copy

    @property
    def static_files(self) -> Path:
        """What LocalStack's image ships ready-made: ``/usr/lib/localstack``."""
        return self.localstack / "static"


def cache_folder() -> Path:
    """Return the folder that environments and bundles are kept in.

    ``TESTBED_CACHE`` sets it; by default it is the platform's folder for caches.

    Raises
    ------
    TestbedError
        If there is no home folder to find that in.
    """
    if chosen := os.environ.get("TESTBED_CACHE"):
        return Path(chosen).absolute()  # for programs that run in other folders, too
    try:
        return platformdirs.user_cache_path("testbed")
    except RuntimeError as error:
        raise TestbedError(
            "There is no home folder to keep what is built in.",
            advice="Set HOME, or name a folder with TESTBED_CACHE.",
        ) from error


def make_cache_folder() -> Path:
    """Create the cache folder if it is missing, and return it; others cannot write to it.

    What lies in it is executed, and it holds the key of the certificate that instances copy.
    """
    folder = cache_folder()
    own = "TESTBED_CACHE" not in os.environ
    folder.mkdir(parents=True, exist_ok=True, mode=0o700 if own else 0o755)
    with contextlib.suppress(PermissionError):  # another user's folder, which was chosen on purpose
        folder.chmod(0o700 if own else stat.S_IMODE(folder.stat().st_mode) & ~_WRITABLE_BY_OTHERS)
    return folder


def ensure_environments(report: Report) -> Environments:
    """Return the environments, building what is missing.

    Parameters
    ----------
    report
        Is told what is about to be built; never called when all is there.

    Raises
    ------
    EnvironmentBuildError
        If one cannot be built, for want of a network or of a Python 3.13.
    """
    inputs = environment_inputs()
    return Environments(
        localstack=ensure("localstack", inputs["localstack"], _build_localstack, report),
        runtime=ensure("runtime", inputs["runtime"], _build_runtime, report),
        extension=ensure("extension", inputs["extension"], _build_extension, report),
    )


def environment_inputs() -> dict[str, list[Path]]:
    """Return, by the environments' names, the files that decide what each one holds."""
    source = extension_source()
    return {
        "localstack": [_LOCKS / "localstack.txt"],
        "runtime": [_LOCKS / "runtime.txt"],
        "extension": [source / "pyproject.toml", *sorted((source / "src").rglob("*.py"))],
    }


def extension_source() -> Path:
    """Return the folder of the extension's distribution."""
    return next(path for path in _EXTENSION_SOURCES if path.is_dir())


def ensure_bundled_requirements(requirements: Path, architecture: str, report: Report) -> Path:
    """Return a folder with a function's requirements as they run in AWS Lambda.

    Parameters
    ----------
    requirements
        A ``requirements.txt`` with hashes, as ``sam build`` reads it.
    architecture
        ``x86_64`` or ``arm64``, as the template says.

    Raises
    ------
    EnvironmentBuildError
        If they cannot be installed.
    """
    target_platform = _LAMBDA_PLATFORMS[architecture]

    def build(target: Path) -> None:
        _uv(
            "pip", "install", "--target", str(target), "--requirements", str(requirements),
            "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode",
            "--python-platform", target_platform, "--python-version", PYTHON_VERSION,
        )  # fmt: skip
        shutil.rmtree(target / "bin", ignore_errors=True)  # commands, which no function runs

    return ensure(bundle_name(architecture), [requirements], build, report)


def bundle_name(architecture: str) -> str:
    """Return the name of what is built from the requirements of functions."""
    return f"bundle-{architecture}"


def ensure(name: str, inputs: list[Path], build: Callable[[Path], None], report: Report) -> Path:
    """Return a folder in the cache, built only if its inputs are new.

    Parameters
    ----------
    inputs
        The files that decide what is built; the folder is named by their hash.
    build
        Fills the folder, whose path it is given.
    report
        Is told before something is built.
    """
    target = location(name, inputs)
    if note_use(_stamp(target)):
        return target
    make_cache_folder()
    with lock(target):
        if not is_complete(target):
            report(f"building {name}")
            shutil.rmtree(target, ignore_errors=True)  # what an interrupted build left behind
            try:
                with naming(target):
                    build(target)
                    _stamp(target).touch()
            except BaseException as error:
                if isinstance(error, EnvironmentBuildError):
                    error.advice = advice_on_output(error.details, target) or error.advice
                shutil.rmtree(target, ignore_errors=True)  # the disk may be full of it
                raise
    return target


def location(name: str, inputs: list[Path]) -> Path:
    """Return the folder in the cache for what is built from some files, built or not."""
    return cache_folder() / f"{name}-{_key(inputs)}"


def is_complete(target: Path) -> bool:
    """Return whether a folder in the cache was built to its end."""
    return _stamp(target).exists()


def _stamp(target: Path) -> Path:
    """Return the file that says that a folder is complete, and by its time when it was used."""
    return target / COMPLETE


def _key(inputs: list[Path]) -> str:
    digest = hashlib.sha256(
        f"{_RECIPE} {platform.system()} {platform.machine()} {PYTHON_VERSION}".encode()
    )
    for path in inputs:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def note_use(path: Path) -> bool:
    """Note that a file in the cache is in use, by its time; return whether it is there."""
    try:
        os.utime(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:  # a cache that may only be read
        return path.exists()
    return True


@contextmanager
def lock(target: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold what is built in the cache, so that nobody else builds or deletes it.

    Raises
    ------
    BlockingIOError
        If somebody else holds it, and ``wait`` is false.
    """
    path = lock_file(target)
    while True:
        with path.open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            if _is_still(path, file.fileno()):  # or else it was deleted meanwhile
                yield
                return


def lock_file(target: Path) -> Path:
    """Return the file by which a folder in the cache is locked."""
    return target.with_suffix(".lock")


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _build_localstack(target: Path) -> None:
    virtual_environment(target, _LOCKS / "localstack.txt")
    # LocalStack's image ships an index of all AWS services. Without it the first request to a
    # new LocalStack takes three seconds longer.
    static = target / "static"
    root = target / "static-root"
    (root / "usr/lib").mkdir(parents=True)
    static.mkdir()
    (root / "usr/lib/localstack").symlink_to(static)
    environment = {
        "FILESYSTEM_ROOT": str(root),
        "OVERRIDE_IN_DOCKER": "0",
    }
    python = str(target / "bin" / "python")
    _run([python, "-m", "localstack.aws.spec"], environment)
    # Without a certificate it fetches one, or makes one, at every start.
    certificate = str(target / _CERTIFICATE)
    source = {"PYTHONPATH": str(extension_source() / "src")}
    _run([python, "-m", "localstack_testbed.lifecycle.certificate", certificate], source)


def _build_runtime(target: Path) -> None:
    virtual_environment(target, _LOCKS / "runtime.txt")


def _build_extension(target: Path) -> None:
    _uv(
        "pip", "install", "--target", str(target), "--no-deps", "--compile-bytecode",
        "--python", _python(), str(extension_source()),
    )  # fmt: skip


def virtual_environment(target: Path, lock: Path) -> None:
    """Make a virtual environment that holds what a lock file with hashes names.

    Raises
    ------
    EnvironmentBuildError
        If that cannot be done.
    """
    _uv("venv", "--python", _python(), str(target))
    # Compiled, LocalStack starts three times faster.
    _uv(
        "pip", "install", "--python", str(target / "bin" / "python"), "--require-hashes",
        "--compile-bytecode", "--requirements", str(lock),
    )  # fmt: skip


def _python() -> str:
    """Name an interpreter of AWS Lambda's and LocalStack's version for ``uv venv``."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if running == PYTHON_VERSION else PYTHON_VERSION


def _uv(*arguments: str) -> None:
    from uv import find_uv_bin

    _run([find_uv_bin(), "--no-progress", "--no-config", *arguments])


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    # The caller's own virtual environment and PYTHON* settings are not the new one's; what is
    # compiled is said by us, and uv takes no two words on it.
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "UV_COMPILE_BYTECODE") and not name.startswith("PYTHON")
    }
    result = subprocess.run(
        command,
        env={**inherited, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        umask=_WRITABLE_BY_OTHERS,
    )
    if result.returncode != 0:
        raise EnvironmentBuildError(
            f"{Path(command[0]).name} {' '.join(command[1:4])} … failed"
            f" with exit code {result.returncode}.",
            advice="The first run needs the network, and a Python 3.13; later runs need neither.",
            details=result.stdout.strip(),
        )


if __name__ == "__main__":
    # For tools that look into LocalStack's packages: the interpreter that has them.
    print(ensure_environments(lambda message: print(message, file=sys.stderr)).localstack_python)
