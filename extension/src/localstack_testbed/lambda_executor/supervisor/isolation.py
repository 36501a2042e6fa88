"""Isolation of execution environments from the machine, with Linux namespaces.

Environments get the file system that AWS documents:
https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html

The supervisor enters new user, PID and mount namespaces, which requires no privilege where the
kernel allows unprivileged user namespaces
(https://man7.org/linux/man-pages/man7/user_namespaces.7.html). In the PID namespace it is the init
process: when it exits, the kernel kills all others. It builds a read-only root file system with the
system's folders, the interpreter's, and nothing else of the machine. Each environment adds its code
(``/var/task``), layers (``/opt``) and ``/tmp``, makes this its root, and drops all privileges.
Outside, its user is the one who started LocalStack or, if that is root, an unused user id.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import struct
import sys
from pathlib import Path

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
PROCESSES = 1024
FILES = 1024

# The user of functions on AWS.
USER, USER_ID, GROUP_ID = "sbx_user1051", 993, 990

# The user and group id of functions outside of the namespace if root starts LocalStack: neither
# distributions nor systemd assign it. https://systemd.io/UIDS-GIDS/
UNUSED_ID = 65530

SYSTEM_FOLDERS = ("bin", "etc", "lib", "lib32", "lib64", "libx32", "nix", "sbin", "sys", "usr")
DEVICES = ("full", "null", "random", "tty", "urandom", "zero")
MOUNT_POINTS = ("dev", "opt", "proc", "tmp", "var", "var/debugger", "var/runtime", "var/task")
# Where a process that is being debugged sees debugpy; empty for all others.
DEBUGGER_FOLDER = Path("/var/debugger")

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
MNT_DETACH = 2
AT_FDCWD, AT_RECURSIVE = -100, 0x8000
MOUNT_ATTR_RDONLY = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION_3 = 0x20080522

# Numbers of system calls without a function in the C library, or only in newer versions of it.
# mount_setattr has the same number on all architectures.
SYS_MOUNT_SETATTR = 442
SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}


class Isolation:
    """The root file system shared by all environments, mounted at ``root``.

    Parameters
    ----------
    root
        An empty folder.
    packages
        The runtime's packages, which are also mounted at ``/var/runtime``.
    """

    def __init__(self, root: Path, packages: Path) -> None:
        self._root = root
        needed = {
            Path(sys.prefix).resolve(),
            Path(sys.base_prefix).resolve(),
            Path(sys.executable).resolve().parent,
            Path(__file__).resolve().parents[3],
            Path("/etc/resolv.conf").resolve(),
        }
        # uv and others link virtual environments to a folder that is itself a link. The interpreter
        # looks for its files there, so that they have to be there, too.
        named = {Path(path) for path in (sys.prefix, sys.base_prefix)}
        needed |= {path for path in named if needed.isdisjoint((path, *path.parents))}
        self._needed = sorted(path for path in needed if not _is_visible(path) and path.exists())
        _mount("tmpfs", root, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
        for name in SYSTEM_FOLDERS:
            folder = Path("/", name)
            if folder.is_symlink():
                (root / name).symlink_to(folder.readlink())
            elif folder.is_dir():
                _bind(folder, root / name)
        for name in MOUNT_POINTS:
            (root / name).mkdir()
        for name in DEVICES:
            if Path("/dev", name).exists():
                _bind(Path("/dev", name), root / "dev" / name)
        for name, target in (("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")):
            (root / "dev" / name).symlink_to("/proc/self/fd" + target)
        _bind(packages, root / "var" / "runtime")
        users = root / "var" / "users"
        users.write_text(
            "root:x:0:0:root:/root:/sbin/nologin\n"
            f"{USER}:x:{USER_ID}:{GROUP_ID}::/home/{USER}:/sbin/nologin\n"
        )
        _bind(users, root / "etc" / "passwd")
        self._bind_needed("")
        _make_read_only(root, AT_RECURSIVE)
        _bind(Path("/proc"), root / "proc")

    def enter(
        self,
        task_root: Path,
        layers: Path | None,
        temporary: Path,
        debugger: Path | None = None,
    ) -> None:
        """Enter the file system with an environment's folders, and drop all privileges.

        ``debugger`` is the folder with debugpy, if the process is being debugged.

        Raises
        ------
        OSError
            The kernel does not allow it.
        """
        root = self._root
        _check(_libc.unshare(CLONE_NEWNS), "unshare")
        _bind(task_root, root / "var" / "task")
        _make_read_only(root / "var" / "task")
        if debugger is not None:
            target = root / DEBUGGER_FOLDER.relative_to("/")
            _bind(debugger, target)
            _make_read_only(target)
        _bind(temporary, root / "tmp")
        self._bind_needed("tmp")
        if layers is not None:
            _mount("tmpfs", root / "opt", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
            for entry in layers.iterdir():
                if entry.is_symlink():
                    (root / "opt" / entry.name).symlink_to(entry.readlink())
                else:
                    _bind(entry, root / "opt" / entry.name)
            self._bind_needed("opt")
            _make_read_only(root / "opt", AT_RECURSIVE)
        os.chdir(root)
        number = SYS_PIVOT_ROOT[platform.machine()]
        _check(_libc.syscall(number, b".", b"."), "pivot_root")
        _check(_libc.umount2(b".", MNT_DETACH), "umount")
        if os.getuid() != USER_ID:
            _become_function_user()
        # In its own user namespace, an environment has its own process limit, and no privileges
        # over the mounts.
        _enter_user_namespace(CLONE_NEWUSER, USER_ID, GROUP_ID)
        _drop_capabilities()
        _lower_limit(resource.RLIMIT_NPROC, PROCESSES)

    def prepare_temporary(self, folder: Path, size: int) -> None:
        """Mount a file system of ``size`` bytes at a folder, unless there is one already."""
        folder.mkdir(exist_ok=True)
        if not os.path.ismount(folder):
            _mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, f"mode=1777,size={size}")

    def discard_temporary(self, folder: Path) -> None:
        """Unmount a folder's file system, as soon as no process uses it."""
        _libc.umount2(os.fsencode(folder), MNT_DETACH)

    def _bind_needed(self, place: str) -> None:
        """Bind the interpreter's folders that are below ``place``, which a mount has covered."""
        for path in self._needed:
            if path.is_relative_to(Path("/", place)):
                target = self._root / path.relative_to("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                _bind(path, target)


def why_unavailable(root: Path, packages: Path) -> str | None:
    """Try isolation in a child process; return why it is unavailable, or None if it works.

    A child process, because a process cannot leave a namespace again.
    """
    if sys.platform != "linux":
        return "isolation requires Linux"
    if platform.machine() not in SYS_PIVOT_ROOT:
        return f"isolation does not support {platform.machine()} processors"
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        with contextlib.suppress(BaseException):
            os.close(reader)
            reason = _try_isolation(root, packages)
            os.write(writer, reason.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        reason = pipe.read().decode()
    os.waitpid(process, 0)
    with contextlib.suppress(OSError):
        root.with_name(f"{root.name}-trial").rmdir()
    return None if reason == "possible" else reason or "the trial process exited without a result"


def _try_isolation(root: Path, packages: Path) -> str:
    try:
        enter_namespaces()
        reader, writer = os.pipe()
        if os.fork() == 0:
            answer = "possible"
            try:
                enter_mount_namespace()
                isolation = Isolation(root, packages)
                temporary = root.with_name(f"{root.name}-trial")
                isolation.prepare_temporary(temporary, 4096)
                isolation.enter(packages, None, temporary)
                _check_readable()
            except OSError as error:
                answer = str(error)
            os.write(writer, answer.encode())
            os._exit(0)
        os.close(writer)
        os.wait()
        return os.read(reader, 4096).decode()
    except OSError as error:
        return str(error)


def enter_namespaces() -> None:
    """Enter a user namespace, and a PID namespace whose init process is the next child.

    Raises
    ------
    OSError
        The kernel does not allow it.
    """
    flags = CLONE_NEWUSER | CLONE_NEWPID
    if os.getuid() == 0 and _is_mapped("uid") and _is_mapped("gid"):
        _enter_user_namespace_as_root(flags)
    else:
        _enter_user_namespace(flags, os.getuid(), os.getgid())


def enter_mount_namespace() -> None:
    """Enter a private mount namespace, which hides the mounts of :class:`Isolation` outside.

    Raises
    ------
    OSError
        The kernel does not allow it.
    """
    _check(_libc.unshare(CLONE_NEWNS), "unshare")
    _mount("none", Path("/"), None, MS_REC | MS_PRIVATE, None)
    # Shows the processes of this PID namespace only.
    _mount("proc", Path("/proc"), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, None)


def limit_resources(storage: int | None) -> None:
    """Limit open files, core dumps and, with ``storage``, the size of each file in bytes."""
    _lower_limit(resource.RLIMIT_NOFILE, FILES)
    _lower_limit(resource.RLIMIT_CORE, 0)
    if storage is not None:
        _lower_limit(resource.RLIMIT_FSIZE, storage)


def _lower_limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def _enter_user_namespace(flags: int, user: int, group: int) -> None:
    """Enter namespaces in which this process's user and group become Lambda's."""
    _check(_libc.unshare(flags), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{USER_ID} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{GROUP_ID} {group} 1")


def _enter_user_namespace_as_root(flags: int) -> None:
    """Enter namespaces in which root remains root, and Lambda's user is an unused id outside.

    A helper process stays outside, because only that may map more than its own user id.
    """
    process = os.getpid()
    reader, writer = os.pipe()
    helper = os.fork()
    if helper == 0:
        status = 1
        with contextlib.suppress(BaseException):
            os.close(writer)
            if os.read(reader, 1):
                status = _map_ids(process)
        os._exit(status)
    os.close(reader)
    try:
        _check(_libc.unshare(flags), "unshare")
        os.write(writer, b"1")
    finally:
        os.close(writer)
        _, status = os.waitpid(helper, 0)
    if number := os.waitstatus_to_exitcode(status):
        raise OSError(number, f"uid_map: {os.strerror(number)}")


def _map_ids(process: int) -> int:
    """Map root's and Lambda's ids for another process; return the ``errno``, or 0."""
    try:
        for kind, number in (("uid", USER_ID), ("gid", GROUP_ID)):
            Path(f"/proc/{process}/{kind}_map").write_text(f"0 0 1\n{number} {UNUSED_ID} 1")
    except OSError as error:
        return error.errno or 1
    return 0


def _is_mapped(kind: str) -> bool:
    """Return whether the id for functions is mapped in the current user namespace.

    In an unprivileged container, root may be the only mapped user.
    """
    for line in Path(f"/proc/self/{kind}_map").read_text().splitlines():
        first, _, count = map(int, line.split())
        if first <= UNUSED_ID < first + count:
            return True
    return False


def _become_function_user() -> None:
    """Switch from root to the functions' user."""
    for output in (1, 2):  # functions may open them again as /dev/stdout and /dev/stderr
        os.fchown(output, USER_ID, GROUP_ID)
    os.setgroups([])
    os.setresgid(GROUP_ID, GROUP_ID, GROUP_ID)
    os.setresuid(USER_ID, USER_ID, USER_ID)
    # Otherwise /proc/self still belongs to root. https://man7.org/linux/man-pages/man5/proc.5.html
    _check(_libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")


def _check_readable() -> None:
    """Raise an error if functions may not read the interpreter and the runtime."""
    for path in (Path(sys.executable), Path(os.__file__), Path("/var/runtime"), Path(__file__)):
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, f"users other than root may not read {path}")


def _drop_capabilities() -> None:
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")
    header = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    _check(_libc.capset(header, bytes(24)), "capset")


def _is_visible(path: Path) -> bool:
    return path.parts[1] in SYSTEM_FOLDERS


def _bind(source: Path, target: Path) -> None:
    if not target.exists():
        if source.is_dir():
            target.mkdir()
        else:
            target.touch()
    _mount(str(source), target, None, MS_BIND | MS_REC, None)


def _mount(source: str, target: Path, kind: str | None, flags: int, options: str | None) -> None:
    arguments = (
        os.fsencode(source),
        os.fsencode(target),
        kind.encode() if kind is not None else None,
        flags,
        options.encode() if options is not None else None,
    )
    _check(_libc.mount(*arguments), f"mount {target}")


def _make_read_only(target: Path, flags: int = 0) -> None:
    attributes = struct.pack("QQQQ", MOUNT_ATTR_RDONLY, 0, 0, 0)
    arguments = (AT_FDCWD, os.fsencode(target), flags, attributes, len(attributes))
    _check(_libc.syscall(SYS_MOUNT_SETATTR, *arguments), f"mount_setattr {target}")


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


_libc = ctypes.CDLL(None, use_errno=True)
if sys.platform == "linux":
    _libc.mount.argtypes = (
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_char_p,
        ctypes.c_ulong,
        ctypes.c_char_p,
    )
