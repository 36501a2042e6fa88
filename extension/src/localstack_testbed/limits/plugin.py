"""Start of the enforcement of limits with LocalStack."""

from localstack_testbed.hooks.patching import replace
from localstack_testbed.limits.requests import check_request_limits

# The largest message, 1 MiB, can be three times as long in a form, and has attributes as well.
_FORM_BYTES = 4 * 1024 * 1024


def enforce_limits() -> None:
    """Add the request handler, and allow forms as large as the largest message."""
    from localstack.aws import handlers
    from rolo import Request
    from werkzeug import Request as RequestFromOutside

    # LocalStack has half a megabyte, and 2 MiB as soon as SQS is loaded.
    for kind in (RequestFromOutside, Request):
        replace(kind, "max_form_memory_size", _FORM_BYTES)
    chain = handlers.serve_custom_service_request_handlers.handlers
    chain.append(check_request_limits)
