"""The files of S3 objects lie in the temporary folder of this LocalStack, and end with it.

LocalStack keeps objects of more than 512 KB in ``/tmp/localstack-s3-storage``, wherever its other
temporary files are (``TMPDIR``, ``TEMP``): several LocalStacks share that folder, and what one of
them leaves when it is killed stays there for good.

Setting: ``TESTBED_S3_FOLDER`` (``0`` switches the module off).
"""

import tempfile
from pathlib import Path

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start
from localstack_testbed.hooks.settings import switch

_NAME = "localstack-s3-storage"


@on_infra_start(should_load=switch("TESTBED_S3_FOLDER"))
def store_objects_in_temporary_folder() -> None:
    """Patch where objects are stored, when LocalStack loads S3."""
    on_import("localstack.services.s3.provider", _patch)


def _patch() -> None:
    from localstack.services.s3 import provider

    provider.DEFAULT_S3_TMP_DIR = str(Path(tempfile.gettempdir(), _NAME))
