"""The code of functions on disk: each archive once, however many versions share it."""

import base64
import logging
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from localstack_testbed.lambda_executor.supervision import Supervisor

LOG = logging.getLogger(__name__)


class CodeStore:
    """Unpacked archives, by their hashes, with byte code beside the modules.

    LocalStack unpacks an archive for every version of every function. Here the first of equal
    ones is kept and the others are links to it, so that it is unpacked and compiled once.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock = threading.Lock()

    def prepare(self, code: Any, supervisor: Supervisor) -> None:
        """Unpack an archive (LocalStack's ``ArchiveCode``) where LocalStack expects it.

        Its modules begin to be compiled, but nobody waits for that: a function runs without
        byte code too, and only starts later.

        Raises
        ------
        ConnectionError
            The supervisor has ended.
        """
        if code.is_hot_reloading():
            return
        name = base64.urlsafe_b64encode(base64.b64decode(code.code_sha256)).decode()
        kept = self._directory / name
        expected = Path(code.get_unzipped_code_location())
        with self._lock:
            if kept.exists():
                if not expected.exists():
                    expected.parent.mkdir(parents=True, exist_ok=True)
                    expected.symlink_to(kept)
                return
            code.prepare_for_execution()
            self._directory.mkdir(parents=True, exist_ok=True)
            expected.rename(kept)
            expected.symlink_to(kept)
        supervisor.compile(kept).add_done_callback(_report)


def _report(compilation: Future[int]) -> None:
    if error := compilation.exception():
        LOG.debug("Byte code of a function was not made: %s", error)
