"""Objects that are replaced completely or not at all.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html: "Amazon S3 never adds partial
objects". LocalStack empties an object before it reads the new content from the request. If the
client disconnects in between, the object stays empty but keeps its old size, and readers wait for
the rest. Here the content is read first.
"""

import shutil
from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import Any

from localstack_testbed.hooks.patching import patch

_IN_MEMORY_BYTES = 512 * 1024  # as in LocalStack


def patch_writes() -> None:
    """Read the new content of an object before the old one is deleted."""
    from localstack.services.s3.storage.ephemeral import EphemeralS3StoredObject

    @patch(EphemeralS3StoredObject.write)
    def write(original: Callable[..., int], self: Any, stream: Any) -> int:
        if stream is None:
            return original(self, stream)
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as content:
            shutil.copyfileobj(stream, content)
            content.seek(0)
            return original(self, content)
