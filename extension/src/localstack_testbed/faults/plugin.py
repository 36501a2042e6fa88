"""What LocalStack finds: the part of faults in its start and shutdown."""

from typing import Any

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_shutdown, on_infra_start
from localstack_testbed.hooks.settings import switch

_is_on = switch("TESTBED_FAULTS")


@on_infra_start(should_load=_is_on)
def prepare_faults() -> None:
    """Serve the endpoint, join the chain of handlers, and patch the services when they load."""
    from localstack.aws import handlers
    from localstack.services.edge import ROUTER

    from localstack_testbed.faults.api import ApiFaults
    from localstack_testbed.faults.endpoint import serve
    from localstack_testbed.faults.registry import FAULTS
    from localstack_testbed.requests.callers import ENVIRONMENTS, know_callers

    know_callers()
    serve(ROUTER, FAULTS)
    api = ApiFaults(FAULTS, ENVIRONMENTS)
    handlers.serve_custom_service_request_handlers.append(api.before)
    handlers.run_custom_response_handlers.append(api.after)

    def patch_environments() -> None:
        from localstack_testbed.faults.functions import patch_environments

        patch_environments(FAULTS)

    def patch_queues() -> None:
        from localstack_testbed.faults.queues import patch_queues

        patch_queues(FAULTS)

    def ask_functions_once() -> None:
        """API Gateway answers with an error when its function cannot be called, and at once."""
        from localstack.services.apigateway.next_gen.execute_api.integrations import aws

        from localstack_testbed.requests.single_attempts import SingleAttempts

        module: Any = aws
        module.connect_to = SingleAttempts()

    on_import(
        "localstack.services.apigateway.next_gen.execute_api.integrations.aws", ask_functions_once
    )
    on_import("localstack.services.lambda_.invocation.execution_environment", patch_environments)
    on_import("localstack.services.sqs.models", patch_queues)


@on_infra_shutdown(should_load=_is_on)
def end_faults() -> None:
    """Remove all rules, so that nothing waits because of one."""
    from localstack_testbed.faults.registry import FAULTS

    FAULTS.remove()
