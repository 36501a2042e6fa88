"""The store of unpacked function code and layers, which keeps each archive once."""

import base64
import contextlib
import hashlib
import logging
import os
import shutil
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from localstack_testbed.lambda_executor.supervisor_client import SupervisorClient

LOG = logging.getLogger(__name__)

# How many of the folders that were compiled last are searched for the same modules.
_OTHERS_SEARCHED = 4


class CodeStore:
    """Unpacked archives by hash, with compiled byte code.

    LocalStack unpacks an archive for every version of every function. Here versions with identical
    code share one folder through symbolic links, so that it is unpacked and compiled once. A folder
    without links that no environment uses is deleted when an environment stops or the next archive
    is unpacked.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()
        self._links: dict[Path, set[Path]] = {}
        self._uses: Counter[Path] = Counter()
        self._compiled: dict[tuple[Path, str], None] = {}  # in order of time

    def prepare(self, code: Any, supervisor: SupervisorClient) -> Path:
        """Unpack an archive (LocalStack's ``ArchiveCode``), and return its folder.

        Also starts compiling its modules, without waiting: a function runs without byte code too,
        only with a slower cold start.

        Raises
        ------
        ConnectionError
            The supervisor has exited.
        """
        expected = Path(code.get_unzipped_code_location())
        if code.is_hot_reloading():
            return expected.resolve()
        name = base64.urlsafe_b64encode(base64.b64decode(code.code_sha256)).decode()
        kept = self._directory / name
        with self._lock:
            known = kept in self._links
            self._links.setdefault(kept, set()).add(expected)
            if not known:
                self._delete_unused()
                code.prepare_for_execution()
                _make_readable(expected)
                self._directory.mkdir(parents=True, exist_ok=True)
                expected.rename(kept)
            if not expected.exists():
                expected.parent.mkdir(parents=True, exist_ok=True)
                expected.symlink_to(kept)
        self._compile(kept, supervisor)
        return kept

    def prepare_layers(self, layers: Sequence[Any], supervisor: SupervisorClient) -> Path | None:
        """Unpack layers and merge them in order, as Lambda does in ``/opt``.

        https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html

        Raises
        ------
        ConnectionError
            The supervisor has exited.
        """
        folders = [self.prepare(layer, supervisor) for layer in layers]
        if len(folders) < 2:
            return next(iter(folders), None)
        digest = hashlib.sha256("\n".join(map(str, folders)).encode())
        merged = self._directory / f"layers-{digest.hexdigest()}"
        with self._lock:
            known = merged in self._links
            links = {Path(layer.get_unzipped_code_location()) for layer in layers}
            self._links.setdefault(merged, set()).update(links)
            if not known:
                for folder in folders:
                    shutil.copytree(folder, merged, copy_function=_link, dirs_exist_ok=True)
        self._compile(merged, supervisor)
        return merged

    def _compile(self, folder: Path, supervisor: SupervisorClient) -> None:
        """Compile the modules in a folder, once for each version of Python that runs them."""
        compiled = (folder, supervisor.runtime)
        with self._lock:
            known = compiled in self._compiled
            others = [each for each, runtime in self._compiled if runtime == supervisor.runtime]
            self._compiled[compiled] = None
        if not known:
            newest = list(reversed(others))[:_OTHERS_SEARCHED]
            using = ExitStack()
            using.enter_context(self.in_use(*newest))  # also that of the code before an update
            try:
                compilation = supervisor.compile(folder, newest)
            except ConnectionError:
                using.close()
                raise
            compilation.add_done_callback(_report)
            compilation.add_done_callback(lambda _: using.close())

    @contextmanager
    def in_use(self, *folders: Path | None) -> Iterator[None]:
        """Keep folders from being deleted while an environment uses them."""
        used = [folder for folder in folders if folder is not None]
        with self._lock:
            self._uses.update(used)
        try:
            yield
        finally:
            with self._lock:
                self._uses.subtract(used)
                self._delete_unused()

    def _delete_unused(self) -> None:
        for folder, links in list(self._links.items()):
            if not self._uses[folder] and not any(os.path.lexists(link) for link in links):
                # A folder that is being unpacked has no link yet.
                if not folder.exists():
                    continue
                del self._links[folder], self._uses[folder]
                self._compiled = {each: None for each in self._compiled if each[0] != folder}
                shutil.rmtree(folder, ignore_errors=True)


def _make_readable(folder: Path) -> None:
    """Make a bundle readable for all users, regardless of the archive's modes and the umask.

    Functions may run as another user than LocalStack. Parent folders still restrict access.
    """
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))


def _link(source: str, target: str) -> None:
    """Link a file into the merged layers, replacing an earlier layer's file."""
    with contextlib.suppress(FileNotFoundError):
        Path(target).unlink()
    os.link(source, target)


def _report(compilation: Future[int]) -> None:
    if error := compilation.exception():
        LOG.debug("Cannot compile the byte code of a function: %s", error)
