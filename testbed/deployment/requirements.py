"""The requirements of functions, bundled for AWS Lambda's platform."""

from __future__ import annotations

import shutil
from pathlib import Path

from testbed.machine.cache import Report, build_once
from testbed.machine.virtual_environments import PYTHON_VERSION, uv

# AWS Lambda's platform for python3.13 (Amazon Linux 2023, glibc 2.34), by architecture.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_LAMBDA_PLATFORMS = {"x86_64": "x86_64-manylinux_2_34", "arm64": "aarch64-manylinux_2_34"}


def ensure_bundled_requirements(requirements: Path, architecture: str, report: Report) -> Path:
    """Return a folder with a function's requirements as they run in AWS Lambda.

    Parameters
    ----------
    requirements
        A ``requirements.txt`` with hashes, as ``sam build`` reads it.
    architecture
        ``x86_64`` or ``arm64``, as in the template.

    Raises
    ------
    EnvironmentBuildError
        If they cannot be installed.
    """
    target_platform = _LAMBDA_PLATFORMS[architecture]

    def build(target: Path) -> None:
        uv(
            "pip", "install", "--target", str(target), "--requirements", str(requirements),
            "--require-hashes", "--only-binary", ":all:", "--no-compile-bytecode",
            "--python-platform", target_platform, "--python-version", PYTHON_VERSION,
        )  # fmt: skip
        shutil.rmtree(target / "bin", ignore_errors=True)  # commands, which functions do not run

    return build_once(bundle_name(architecture), [requirements], build, report)


def bundle_name(architecture: str) -> str:
    """Return the name in the cache of what is built from the requirements of functions."""
    return f"bundle-{architecture}"
