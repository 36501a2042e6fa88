"""Start of IAM enforcement with LocalStack."""


def enforce_permissions() -> None:
    """Add the request and response handlers, and serve the endpoint."""
    from localstack.aws import handlers
    from localstack.services.edge import ROUTER

    from localstack_testbed.permissions.endpoint import serve
    from localstack_testbed.permissions.enforcement import Enforcement
    from localstack_testbed.permissions.usage import Usage

    usage = Usage()
    enforcement = Enforcement(usage)
    serve(ROUTER, usage)
    handlers.serve_custom_service_request_handlers.handlers.insert(0, enforcement.before)
    handlers.run_custom_response_handlers.append(enforcement.after)
