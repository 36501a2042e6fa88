"""Fault injection's part in LocalStack's start and shutdown."""


def start_faults() -> None:
    """Serve the endpoint, and join the chains of handlers."""
    from localstack.aws import handlers
    from localstack.services.edge import ROUTER

    from localstack_testbed.faults.api import ApiFaults
    from localstack_testbed.faults.endpoint import serve
    from localstack_testbed.faults.registry import FAULTS
    from localstack_testbed.requests.callers import ENVIRONMENT_CREDENTIALS

    serve(ROUTER, FAULTS)
    api = ApiFaults(FAULTS, ENVIRONMENT_CREDENTIALS)
    handlers.serve_custom_service_request_handlers.append(api.before)
    handlers.run_custom_response_handlers.append(api.after)


def patch_integrations() -> None:
    """Let API Gateway answer with an error as soon as its first call of a function fails."""
    from localstack.services.apigateway.next_gen.execute_api.integrations import aws

    from localstack_testbed.hooks.patching import replace
    from localstack_testbed.requests.single_attempts import SingleAttempts

    replace(aws, "connect_to", SingleAttempts())


def stop_faults() -> None:
    """Remove all rules, so that delayed calls and messages continue."""
    from localstack_testbed.faults.registry import FAULTS

    FAULTS.remove()
