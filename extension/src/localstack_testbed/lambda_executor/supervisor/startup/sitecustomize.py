"""The startup hook of Python interpreters that a function starts, found on ``PYTHONPATH``.

https://docs.python.org/3/library/site.html#module-sitecustomize
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_startup, _packages = Path(__file__).parent, Path(__file__).parents[4]
# The folder is on the path for this module only.
sys.path[:] = [path for path in sys.path if path != str(_startup)]
if _endpoint := os.environ.get("AWS_ENDPOINT_URL"):
    sys.path.insert(0, str(_packages))
    from localstack_testbed.lambda_executor.supervisor.sdk_endpoint import redirect_clients

    del sys.path[0]
    redirect_clients(_endpoint)
