"""The files of S3 objects lie in the temporary folder of this LocalStack, and end with it.

LocalStack keeps objects of more than 512 KB in ``/tmp/localstack-s3-storage``, wherever its other
temporary files are (``TMPDIR``, ``TEMP``): several LocalStacks share that folder, and what one of
them leaves when it is killed stays there for good.
"""

import tempfile
from pathlib import Path

from localstack_testbed.hooks.patching import replace

_NAME = "localstack-s3-storage"


def patch_folder() -> None:
    """Name the folder for the content of objects."""
    from localstack.services.s3 import provider

    replace(provider, "DEFAULT_S3_TMP_DIR", str(Path(tempfile.gettempdir(), _NAME)))
