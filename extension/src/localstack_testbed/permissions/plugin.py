"""The permissions' part in LocalStack's start."""


def enforce_permissions() -> None:
    """Join the chain of handlers, and serve what permissions were used for."""
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
