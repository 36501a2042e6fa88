"""Checks of the machine: processor, disks, and what the kernel permits."""

from __future__ import annotations

import platform
import resource
import shutil
import struct
import sys
import tempfile
from pathlib import Path

from testbed.doctor.context import Context, run
from testbed.doctor.finding import Finding, checks, ok, problem, warning
from testbed.emulators.environments import environment_inputs, extension_source
from testbed.errors import DockerError, ProjectError
from testbed.machine.cache import is_complete, location
from testbed.machine.cache_folder import cache_folder

_GIB = 1 << 30
# What LocalStack writes until it is stopped, and twice the size of the Python environments.
_LEAST_FOR_STATE = _GIB // 4
_LEAST_FOR_CACHE = _GIB
# Our image takes 0.7 GB, its build as much again, and an AWS image for functions about 1 GB.
_LEAST_FOR_DOCKER = 5 * _GIB
# A testbed with some warm functions has a few hundred files open.
_LEAST_OPEN_FILES = 1024
# AWS Lambda's names for the values of platform.machine() and of Docker.
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

_TRIAL = """
import sys
from pathlib import Path
from localstack_testbed.lambda_executor.supervisor.isolation import why_unavailable
print(why_unavailable(Path(sys.argv[1]), Path(sys.argv[2])) or "")
"""
# Kernel settings that forbid unprivileged user namespaces: the value that forbids them, and one
# that permits them.
# https://man7.org/linux/man-pages/man7/user_namespaces.7.html
# https://gitlab.com/apparmor/apparmor/-/wikis/unprivileged_userns_restriction
_KERNEL_SETTINGS = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "10000"),
}


@checks("architecture")
def architecture(context: Context) -> Finding:
    """Check that Python runs natively, and that the functions are built for this processor."""
    machine = platform.machine()
    lambdas = _ARCHITECTURES.get(machine.lower())
    if struct.calcsize("P") != 8:
        return problem(
            f"{sys.executable} is a 32-bit program",
            "Install a 64-bit Python, and delete .venv.",
        )
    if _is_translated():
        return warning(
            "this Python is built for x86_64 and runs in Rosetta, which is slow",
            "Install a Python for Apple silicon, and delete .venv.",
        )
    if lambdas is None:
        return warning(
            f"{machine}: packages may not be available for it, and functions are not isolated",
            "Use a machine with an x86_64 or arm64 processor.",
        )
    others = _other_architectures(context, lambdas)
    if others:
        return warning(
            f"this machine is {lambdas}, and the template has functions for {', '.join(others)}",
            f"Their requirements are installed for {lambdas} here. Other compiled files in their"
            " folders and zip files cannot be loaded.",
        )
    return ok(machine)


def _is_translated() -> bool:
    """Return whether Rosetta translates this process on macOS.

    https://developer.apple.com/documentation/apple-silicon/about-the-rosetta-translation-environment
    """
    if sys.platform != "darwin":
        return False
    return run(["sysctl", "-n", "sysctl.proc_translated"]).stdout.strip() == "1"


def _other_architectures(context: Context, ours: str) -> list[str]:
    from testbed.project.local_files import template_files

    if isinstance(context.project, ProjectError):
        return []
    project = context.project
    try:
        found = template_files(project.template, project.parameters, project.region, "runs here")
    except ProjectError:  # another check reports it
        return []
    return sorted({code.build.architecture for code in found.code() if code.build} - {ours})


@checks("Docker architecture")
def docker_architecture(context: Context) -> Finding | None:
    """Check that containers run natively."""
    if isinstance(context.docker, DockerError):
        return None
    theirs, ours = str(context.docker.get("Architecture", "")), platform.machine()
    if _ARCHITECTURES.get(theirs.lower(), theirs) != _ARCHITECTURES.get(ours.lower(), ours):
        return warning(
            f"Docker runs on {theirs}, and this machine is {ours}",
            "Containers may be emulated, which is slow. Use a Docker daemon on this machine.",
        )
    return ok(theirs)


@checks("disk space: state folder")
def state_disk(context: Context) -> Finding:
    """Check that the state folder is writable and has enough space."""
    return _room(context.state, _LEAST_FOR_STATE, "choose another folder with --state")


@checks("disk space: cache")
def cache_disk(context: Context) -> Finding:
    """Check that the cache is writable and has enough space for the Python environments."""
    folder = cache_folder()
    built = all(is_complete(location(*each)) for each in environment_inputs().items())
    least = 0 if built else _LEAST_FOR_CACHE
    return _room(folder, least, "choose another folder with TESTBED_CACHE")


@checks("disk space: Docker")
def docker_disk(context: Context) -> Finding | None:
    """Check that Docker has enough space for images, if they are on this machine."""
    if isinstance(context.docker, DockerError):
        return None
    folder = Path(context.docker.get("DockerRootDir", ""))
    if not folder.is_absolute() or not folder.exists():
        return ok(f"{folder} is not on this machine; see `docker system df`")
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FOR_DOCKER:
        return warning(
            f"{folder} has {_size(free)} free; images require up to {_size(_LEAST_FOR_DOCKER)}",
            "Free some space: docker system prune",
        )
    return ok(f"{folder} has {_size(free)} free")


def _room(folder: Path, least: int, otherwise: str) -> Finding:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        return problem(
            f"{folder} is not writable: {error.strerror}",
            f"Change its permissions, or {otherwise}.",
        )
    free = shutil.disk_usage(existing).free
    if free < least:
        return problem(
            f"{folder} has {_size(free)} free; up to {_size(least)} may be required",
            f"Free some space there, or {otherwise}.",
        )
    return ok(f"{folder} has {_size(free)} free")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


@checks("open files")
def open_files(context: Context) -> Finding:
    """Check how many files and connections a process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _LEAST_OPEN_FILES:
        return warning(
            f"the limit is {soft} for each process",
            f"Raise it in the shell that starts the testbed: ulimit -n {4 * _LEAST_OPEN_FILES}",
        )
    limit = "unlimited" if soft == resource.RLIM_INFINITY else f"the limit is {soft}"
    return ok(f"{limit} for each process")


@checks("isolation of functions")
def isolation(context: Context) -> Finding:
    """Check by trial that functions can be isolated with user namespaces."""
    runtime = location("runtime", environment_inputs()["runtime"])
    if not is_complete(runtime):
        return ok("cannot be checked before the functions' environment is built")
    packages = next(runtime.glob("lib/python3.*/site-packages"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        trial = run(
            [
                str(runtime / "bin" / "python"),
                "-s",
                "-c",
                _TRIAL,
                str(root),
                str(packages),
            ],
            env={"PYTHONPATH": str(extension_source() / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
        )
    reason = trial.stdout.strip()
    if trial.returncode == 0 and not reason:
        return ok("possible: user namespaces are permitted")
    return warning(
        f"functions can see your files: {reason.splitlines()[-1] if reason else 'no answer'}",
        _namespace_advice(),
    )


def _namespace_advice() -> str:
    if sys.platform != "linux":
        return "Functions run without isolation. To isolate them, use --docker."
    for name, (forbidden, permitted) in _KERNEL_SETTINGS.items():
        file = Path("/proc/sys", *name.split("."))
        if file.is_file() and file.read_text().strip() == forbidden:
            return (
                f"The kernel forbids user namespaces: sudo sysctl {name}={permitted} permits them."
            )
    return "In a container, permit user namespaces (its seccomp profile may forbid them)."
