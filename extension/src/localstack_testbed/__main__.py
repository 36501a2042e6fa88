"""``python -m localstack_testbed`` starts LocalStack, as ``localstack.runtime.main`` does, sooner.

The supervisor of Lambda environments imports the AWS SDK while LocalStack imports itself, each on a
core of its own, and Python's garbage collector waits until both are done.
"""

import contextlib
import os

from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.lambda_executor.settings import SettingsError
from localstack_testbed.lifecycle import garbage_collection

garbage_collection.pause()
if os.environ.get("LAMBDA_RUNTIME_EXECUTOR") == "process":
    with contextlib.suppress(SettingsError):  # which the executor reports
        EnvironmentService.instance().prepare()

from localstack.runtime.main import main  # noqa: E402  # after all that goes on beside it

main()  # type: ignore[no-untyped-call]
