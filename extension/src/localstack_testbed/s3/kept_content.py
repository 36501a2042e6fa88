"""The content of objects that a saved state contains.

LocalStack overwrites an object's file, and closes the file of a deleted object. Here a file stays
as it is while a saved state refers to it, and new content goes into a new file. Thus saving and
restoring a state copies no content.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from weakref import WeakSet

from localstack_testbed.hooks.patching import patch, replace

_kept: WeakSet[Any] = WeakSet()


def keep_files(store: Any) -> None:
    """Keep the files that LocalStack's object store has now, until nothing refers to them."""
    _kept.update(_files(store))


def restore_folders(store: Any) -> None:
    """Make the folders of the buckets that a saved state has brought back."""
    for bucket in list(store._filesystem):
        Path(store.root_directory, bucket).mkdir(parents=True, exist_ok=True)


def patch_store() -> None:
    """Do not change files that are kept."""
    from localstack.services.s3.storage import ephemeral

    close: Callable[[Any], None] = ephemeral.LockedSpooledTemporaryFile.close

    def close_unless_kept(self: Any) -> None:
        if self not in _kept:
            close(self)

    replace(ephemeral.LockedSpooledTemporaryFile, "close", close_unless_kept)

    @patch(ephemeral.EphemeralS3ObjectStore.open)
    def open_object(
        original: Callable[..., Any], self: Any, bucket: str, s3_object: Any, mode: str = "r"
    ) -> Any:
        key = self._key_from_s3_object(s3_object)
        if mode == "w" and self._get_object_file(bucket, key) in _kept:
            del self._filesystem[bucket]["keys"][key]
        return original(self, bucket, s3_object, mode)

    @patch(ephemeral.EphemeralS3StoredMultipart.open)
    def open_part(original: Callable[..., Any], self: Any, s3_part: Any, mode: str = "r") -> Any:
        if mode == "w" and self.parts.get(s3_part.part_number) in _kept:
            del self.parts[s3_part.part_number]
        return original(self, s3_part, mode)


def _files(store: Any) -> Iterable[Any]:
    for content in list(store._filesystem.values()):
        yield from content["keys"].values()
        for upload in content["multiparts"].values():
            yield from upload.parts.values()
