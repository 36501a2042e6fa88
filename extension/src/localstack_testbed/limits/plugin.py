"""What LocalStack finds: the part of limits in its start.

Setting: ``TESTBED_LIMITS`` (``0`` switches all of them off).
"""

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start
from localstack_testbed.hooks.settings import switch
from localstack_testbed.limits import apis, events, functions, queues, roles, topics
from localstack_testbed.limits.requests import refuse_what_is_out_of_limits

_APIS = "localstack.services.apigateway.next_gen.execute_api"
# The largest message, 1 MiB, may be three times as long in a form, with attributes beside it.
_FORM_BYTES = 4 * 1024 * 1024


@on_infra_start(should_load=switch("TESTBED_LIMITS"))
def keep_limits() -> None:
    """Join the chain of handlers, and patch services when LocalStack loads them."""
    from localstack.aws import handlers
    from rolo import Request
    from werkzeug import Request as RequestFromOutside

    # LocalStack has half a megabyte, and 2 MiB as soon as SQS is loaded.
    RequestFromOutside.max_form_memory_size = Request.max_form_memory_size = _FORM_BYTES
    chain = handlers.serve_custom_service_request_handlers.handlers
    chain.append(refuse_what_is_out_of_limits)
    on_import(f"{_APIS}.handlers.parse", apis.patch_requests)
    on_import(f"{_APIS}.integrations.aws", apis.patch_events)
    on_import("localstack.services.events.provider", events.patch_events)
    on_import("localstack.services.lambda_.provider", functions.patch_functions)
    on_import("localstack.services.iam.provider", roles.patch_roles)
    on_import("localstack.services.sns.provider", topics.patch_topics)
    on_import("localstack.services.sqs.models", queues.patch_attributes)
    on_import("localstack.services.sqs.provider", queues.patch_messages)
