"""What LocalStack finds: the part of permissions in its start."""

import os

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start

# Before faults, and after the journal, which is to have what was refused.
_PRIORITY = 95


def _is_on() -> bool:
    """Tell whether permissions are enforced; as in LocalStack, not unless asked for."""
    return os.environ.get("ENFORCE_IAM", "0") in ("1", "true")


@on_infra_start(should_load=_is_on, priority=_PRIORITY)
def enforce_permissions() -> None:
    """Join the chain of handlers, and serve what permissions were used for."""
    from localstack.aws import handlers
    from localstack.services.edge import ROUTER

    from localstack_testbed.permissions.endpoint import serve
    from localstack_testbed.permissions.enforcement import Enforcement
    from localstack_testbed.permissions.principals import patch_managed_policies, patch_sessions
    from localstack_testbed.permissions.unsigned_invocations import patch_apis, patch_function_urls
    from localstack_testbed.permissions.usage import Usage
    from localstack_testbed.requests.callers import know_callers

    usage = Usage()
    enforcement = Enforcement(usage)
    know_callers()
    on_import("localstack.services.iam.provider", patch_managed_policies)
    on_import("localstack.services.sts.provider", patch_sessions)
    on_import("localstack.services.apigateway.next_gen.execute_api.gateway", patch_apis)
    on_import("localstack.services.lambda_.urlrouter", patch_function_urls)
    serve(ROUTER, usage)
    handlers.serve_custom_service_request_handlers.handlers.insert(0, enforcement.before)
    handlers.run_custom_response_handlers.append(enforcement.after)
