"""The program ``python -m localstack_testbed``: it starts LocalStack sooner than LocalStack itself.

While LocalStack's modules are imported, the supervisor of Lambda functions imports the AWS SDK on
another core, and Python's garbage collector is paused.
"""

import contextlib
import os
from importlib import import_module

from localstack_testbed.hooks.settings import InvalidSettingError
from localstack_testbed.lambda_executor.environment_service import EnvironmentService
from localstack_testbed.lifecycle import garbage_collection

garbage_collection.pause()
if os.environ.get("LAMBDA_RUNTIME_EXECUTOR") == "process":
    with contextlib.suppress(InvalidSettingError):  # which the executor reports
        EnvironmentService.instance().prepare()

from localstack.runtime.main import main  # noqa: E402  # after what runs while it is imported

# LocalStack skips a plug-in that cannot be imported, and would run without the extension.
import_module("localstack_testbed.registration")
main()  # type: ignore[no-untyped-call]
