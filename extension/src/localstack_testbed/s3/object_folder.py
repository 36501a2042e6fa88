"""The folder for the content of large objects, inside this LocalStack's temporary folder.

LocalStack stores objects of more than 512 KB in ``/tmp/localstack-s3-storage``, even if its other
temporary files are elsewhere (``TMPDIR``, ``TEMP``). Several LocalStacks would share that folder,
and the files of one that is killed would stay there.
"""

import tempfile
from pathlib import Path

from localstack_testbed.hooks.patching import replace

_NAME = "localstack-s3-storage"


def patch_folder() -> None:
    """Name the folder for the content of objects."""
    from localstack.services.s3 import provider

    replace(provider, "DEFAULT_S3_TMP_DIR", str(Path(tempfile.gettempdir(), _NAME)))
