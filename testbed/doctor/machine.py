"""The machine: its processor, its disks, and what its kernel grants."""

from __future__ import annotations

import platform
import resource
import shutil
import struct
import sys
import tempfile
from pathlib import Path

from testbed.doctor.finding import Finding, looks_at, ok, problem, warning
from testbed.doctor.place import Place, run
from testbed.emulators.environments import environment_inputs, extension_source
from testbed.errors import DockerError, ProjectError
from testbed.machine.cache import is_complete, location
from testbed.machine.cache_folder import cache_folder

_GIB = 1 << 30
# What an embedded LocalStack writes until it is stopped, and twice what the environments take.
_LEAST_FOR_STATE = _GIB // 4
_LEAST_FOR_CACHE = _GIB
# Our image takes 0.7 GB and its build as much again, one of AWS's for functions about a gigabyte.
_LEAST_FOR_DOCKER = 5 * _GIB
# A testbed with some warm functions holds a few hundred.
_LEAST_OPEN_FILES = 1024
# As AWS Lambda names what platform.machine() and Docker name in their ways.
_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}

_TRIAL = """
import sys
from pathlib import Path
from localstack_testbed.lambda_executor.supervisor.isolation import why_unavailable
print(why_unavailable(Path(sys.argv[1]), Path(sys.argv[2])) or "")
"""
# Settings of kernels that keep namespaces from users, with the values that do so.
# https://man7.org/linux/man-pages/man7/user_namespaces.7.html
# https://gitlab.com/apparmor/apparmor/-/wikis/unprivileged_userns_restriction
_KERNEL_SETTINGS = {
    "kernel.apparmor_restrict_unprivileged_userns": ("1", "0"),
    "kernel.unprivileged_userns_clone": ("0", "1"),
    "user.max_user_namespaces": ("0", "10000"),
}


@looks_at("architecture")
def architecture(place: Place) -> Finding:
    """Look whether Python runs on the machine's own processor, and the functions' code can."""
    machine = platform.machine()
    lambdas = _ARCHITECTURES.get(machine.lower())
    if struct.calcsize("P") != 8:
        return problem(
            f"{sys.executable} is a 32-bit program",
            "Install a Python of 64 bits, and remove .venv.",
        )
    if _is_translated():
        return warning(
            "this Python runs in Rosetta's emulation of x86_64, which is slow",
            "Install a Python for Apple's processors, and remove .venv.",
        )
    if lambdas is None:
        return warning(
            f"{machine}: packages may be missing for it, and functions are not isolated",
            "Use a machine with an x86_64 or arm64 processor.",
        )
    others = _other_architectures(place, lambdas)
    if others:
        return warning(
            f"the machine is {lambdas}, and the template has functions for {', '.join(others)}",
            "Compiled packages that these bundle do not load here; all else works. Or set"
            f" Architectures: [{lambdas}] for this machine.",
        )
    return ok(machine)


def _is_translated() -> bool:
    """Return whether macOS translates this process from another processor's code.

    https://developer.apple.com/documentation/apple-silicon/about-the-rosetta-translation-environment
    """
    if sys.platform != "darwin":
        return False
    return run(["sysctl", "-n", "sysctl.proc_translated"]).stdout.strip() == "1"


def _other_architectures(place: Place, ours: str) -> list[str]:
    from testbed.project.template import local_code, read_template

    if isinstance(place.project, ProjectError):
        return []
    template = place.project.template
    found = {code.architecture for code in local_code(read_template(template), template.parent)}
    return sorted(found - {ours})


@looks_at("architecture of Docker")
def docker_architecture(place: Place) -> Finding | None:
    """Look whether containers run on the machine's own processor."""
    if isinstance(place.docker, DockerError):
        return None
    theirs, ours = str(place.docker.get("Architecture", "")), platform.machine()
    if _ARCHITECTURES.get(theirs.lower(), theirs) != _ARCHITECTURES.get(ours.lower(), ours):
        return warning(
            f"Docker's machine is {theirs}, and this one {ours}",
            "Containers may be emulated, and slow: use a Docker of this machine's kind.",
        )
    return ok(theirs)


@looks_at("disk of the testbed's state")
def state_disk(place: Place) -> Finding:
    """Look whether the state folder can be written to, and has room."""
    return _room(place.state, _LEAST_FOR_STATE, "name another folder with --state")


@looks_at("disk of the environments")
def cache_disk(place: Place) -> Finding:
    """Look whether the cache can be written to, and has room for environments."""
    folder = cache_folder()
    built = all(is_complete(location(*each)) for each in environment_inputs().items())
    least = 0 if built else _LEAST_FOR_CACHE
    return _room(folder, least, "set TESTBED_CACHE to another folder")


@looks_at("disk of Docker")
def docker_disk(place: Place) -> Finding | None:
    """Look whether Docker has room for images, if its disk is one of this machine's."""
    if isinstance(place.docker, DockerError):
        return None
    folder = Path(place.docker.get("DockerRootDir", ""))
    if not folder.is_absolute() or not folder.exists():
        return ok(f"{folder} is not on this machine; `docker system df` shows it")
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FOR_DOCKER:
        return warning(
            f"{folder} has {_size(free)} free, and images want {_size(_LEAST_FOR_DOCKER)}",
            "Make room: docker system prune",
        )
    return ok(f"{folder} has {_size(free)} free")


def _room(folder: Path, least: int, otherwise: str) -> Finding:
    place = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        return problem(
            f"{folder} cannot be written to: {error.strerror}",
            f"Give yourself the right to it, or {otherwise}.",
        )
    free = shutil.disk_usage(place).free
    if free < least:
        return problem(
            f"{folder} has {_size(free)} free, and {_size(least)} may be needed",
            f"Make room there, or {otherwise}.",
        )
    return ok(f"{folder} has {_size(free)} free")


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


@looks_at("open files")
def open_files(place: Place) -> Finding:
    """Look how many files a process may have open: a connection is one, too."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < _LEAST_OPEN_FILES:
        return warning(
            f"a process may have {soft} open",
            f"Raise it in the shell that starts the testbed: ulimit -n {4 * _LEAST_OPEN_FILES}",
        )
    number = "any number" if soft == resource.RLIM_INFINITY else str(soft)
    return ok(f"a process may have {number} open")


@looks_at("isolation of functions")
def isolation(place: Place) -> Finding:
    """Try whether functions can have a file system of their own, in namespaces of the kernel."""
    runtime = location("runtime", environment_inputs()["runtime"])
    if not is_complete(runtime):
        return ok("cannot be tried before the functions' environment is built")
    packages = next(runtime.glob("lib/python3.*/site-packages"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        trial = run(
            [str(runtime / "bin" / "python"), "-s", "-c", _TRIAL, str(root), str(packages)],
            env={"PYTHONPATH": str(extension_source() / "src"), "PYTHONDONTWRITEBYTECODE": "1"},
            cwd=folder,
        )
    reason = trial.stdout.strip()
    if trial.returncode == 0 and not reason:
        return ok("possible: user namespaces are granted")
    return warning(
        f"functions see this machine's files: {reason.splitlines()[-1] if reason else 'no answer'}",
        _namespace_advice(),
    )


def _namespace_advice() -> str:
    if sys.platform != "linux":
        return "Nothing need be done: they run without isolation, or use --docker."
    for name, (barred, granted) in _KERNEL_SETTINGS.items():
        file = Path("/proc/sys", *name.split("."))
        if file.is_file() and file.read_text().strip() == barred:
            return f"The kernel keeps namespaces from users: sudo sysctl {name}={granted}"
    return "In a container, let it make user namespaces (its seccomp profile may bar them)."
