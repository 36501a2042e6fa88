"""The Python environments of LocalStack and of the functions.

Three environments are kept apart: the testbed's own, in which this module runs; LocalStack's, with
the versions that it pins; and the functions', with the packages that AWS Lambda provides. The last
two are built in the cache on first use. Functions of other versions of Python have their own
environments (``runtimes``).
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from testbed.emulators.runtimes import OWN_RUNTIMES, cache_name, ensure_runtime, runtime_inputs
from testbed.machine import virtual_environments
from testbed.machine.cache import Report, build_once
from testbed.machine.package_files import package_file
from testbed.project.functions import RUNTIME

_LOCKS = Path(__file__).parent / "locks"
_CERTIFICATE = "certificate.pem"


@dataclass(frozen=True)
class PythonEnvironments:
    """The built environments that a LocalStack process needs.

    Parameters
    ----------
    localstack
        LocalStack's environment.
    extension
        A folder for ``PYTHONPATH`` with our extension.
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

    @property
    def static_files(self) -> Path:
        """The content of ``/usr/lib/localstack`` in LocalStack's image."""
        return self.localstack / "static"

    def copy_certificate(self, folder: Path) -> Path:
        """Copy the self-signed certificate and its key into a folder, and return the copy.

        LocalStack splits the file into two next to it at each start, so instances that start at
        the same time cannot share one.
        """
        copy = Path(shutil.copy(self.localstack / _CERTIFICATE, folder))
        copy.chmod(0o600)
        return copy


def ensure_environments(report: Report) -> PythonEnvironments:
    """Return the environments; build those that are missing.

    Parameters
    ----------
    report
        Is called before something is built; not called if everything is there.

    Raises
    ------
    EnvironmentBuildError
        If one cannot be built, for example without a network or without Python 3.13.
    """
    inputs = environment_inputs()
    return PythonEnvironments(
        localstack=build_once("localstack", inputs["localstack"], _build_localstack, report),
        runtime=ensure_runtime(RUNTIME, report),
        extension=build_once("extension", inputs["extension"], _build_extension, report),
    )


def environment_inputs() -> dict[str, list[Path]]:
    """Return the files that decide the content of each environment, by its name in the cache."""
    source = extension_source()
    return {
        "localstack": [_LOCKS / "localstack.txt"],
        cache_name(RUNTIME): runtime_inputs(),
        "extension": [
            source / "pyproject.toml",
            *sorted(
                file
                for kind in ("*.py", "*.json", "*.txt")
                for file in (source / "src").rglob(kind)
            ),
        ],
    }


def other_runtime_inputs() -> dict[str, list[Path]]:
    """Return what environment_inputs does, for the runtimes that only some projects need."""
    return {cache_name(runtime): runtime_inputs() for runtime in OWN_RUNTIMES if runtime != RUNTIME}


def extension_source() -> Path:
    """Return the folder with the extension's ``pyproject.toml`` and source."""
    return package_file("_extension", "extension")


def _build_localstack(target: Path) -> None:
    virtual_environments.create(target, _LOCKS / "localstack.txt")
    # LocalStack's image ships an index of all AWS services. Without it the first request to a
    # new LocalStack takes three seconds longer.
    static = target / "static"
    root = target / "static-root"
    (root / "usr/lib").mkdir(parents=True)
    static.mkdir()
    (root / "usr/lib/localstack").symlink_to(static)
    variables = {
        "FILESYSTEM_ROOT": str(root),
        "OVERRIDE_IN_DOCKER": "0",
    }
    python = str(target / "bin" / "python")
    virtual_environments.run([python, "-m", "localstack.aws.spec"], variables)
    # Without a certificate LocalStack downloads or creates one at every start.
    certificate = str(target / _CERTIFICATE)
    source = {"PYTHONPATH": str(extension_source() / "src")}
    virtual_environments.run(
        [python, "-m", "localstack_testbed.lifecycle.certificate", certificate], source
    )


def _build_extension(target: Path) -> None:
    virtual_environments.uv(
        "pip", "install", "--target", str(target), "--no-deps", "--compile-bytecode",
        "--python", virtual_environments.interpreter(), str(extension_source()),
    )  # fmt: skip


if __name__ == "__main__":
    # For scripts/lint, which checks the extension against LocalStack's packages.
    print(ensure_environments(lambda message: print(message, file=sys.stderr)).localstack_python)
