"""Byte code of a function's modules, so that a cold start does not compile them."""

from __future__ import annotations

import compileall
import contextlib
import filecmp
import os
import sys
from pathlib import Path


def compile_bundle(directory: str, others: list[str]) -> None:
    """Compile a bundle's modules to byte code; skip those that cannot be compiled.

    Parameters
    ----------
    others
        Folders that may hold the same modules with byte code, such as that of the function's code
        before an update.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    for other in others:
        if link_byte_code(Path(other), Path(directory)):
            break
    os.nice(10)  # nothing waits for the rest
    compileall.compile_dir(directory, quiet=2, maxlevels=50)


def link_byte_code(old: Path, new: Path) -> int:
    """Link byte code of a folder into another one that has the same modules; return their number.

    Most modules are those of the function's requirements, and stay the same when its code is
    updated. Byte code is valid for the time and the size of its source file.
    https://docs.python.org/3/reference/import.html#cached-bytecode-invalidation
    """
    linked = 0
    for compiled in old.glob(f"**/__pycache__/*.{sys.implementation.cache_tag}.pyc"):
        folder = compiled.parent.relative_to(old)
        name = f"{compiled.name.partition('.')[0]}.py"
        source, same = old / folder.parent / name, new / folder.parent / name
        # The folder may be deleted meanwhile, and the archive may have the byte code itself.
        with contextlib.suppress(OSError):
            if filecmp.cmp(source, same, shallow=False):
                (new / folder).mkdir(exist_ok=True)
                os.link(compiled, new / folder / compiled.name)
                found = source.stat()
                os.utime(same, ns=(found.st_atime_ns, found.st_mtime_ns))
                linked += 1
    return linked
