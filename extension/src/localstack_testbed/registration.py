"""Everything that the extension does to LocalStack, and when.

LocalStack calls the functions at the end of this module, which are its only entry points here
(``pyproject.toml``). They carry out the tables above them, from top to bottom. A function in a
table has the form ``package.module:function``; its module is imported only when it is called, so
that a fix of a service costs nothing until LocalStack loads that service.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

from localstack.runtime import hooks
from localstack.runtime.exceptions import LocalstackExit

from localstack_testbed.hooks import release, settings
from localstack_testbed.hooks.on_import import on_import

LOG = logging.getLogger(__name__)

type Condition = Callable[[], bool]


def _always() -> bool:
    return True


def _uses_process_executor() -> bool:
    return settings.LAMBDA_RUNTIME_EXECUTOR.value() == "process"


class Step(NamedTuple):
    """A function, and the condition under which it is called."""

    function: str
    condition: Condition = _always


_faults = settings.FAULTS.value
_journal = settings.JOURNAL.value
_limits = settings.LIMITS.value
_offline = settings.OFFLINE.value
_permissions = settings.ENFORCE_IAM.value
_schedules = settings.SCHEDULES.value

# Before LocalStack imports what they make faster, or keep from the network.
START_EARLY = (
    Step("lifecycle.fast_loading:load_services_faster"),
    Step("lifecycle.offline:stay_offline", _offline),
    Step("cloudformation.plugin:select_provider"),
)
# Of those that add a handler to the front of a chain, the last one comes first: the journal has
# what permissions deny, and also what a fault does to an answer.
START = (
    Step("access.plugin:reject_foreign_requests"),
    Step("access.control_secret:require_control_secret", settings.REQUIRE_CONTROL_SECRET.value),
    Step("requests.callers:identify_callers"),
    Step("requests.malformed_requests:reject_malformed_requests"),
    Step("requests.websocket_handshakes:answer_handshakes"),
    Step("lifecycle.client_reuse:reuse_clients"),
    Step("lifecycle.gateway:listen_on_loopback"),
    Step("lifecycle.init_scripts:log_init_scripts"),
    Step("lifecycle.service_loading:await_loading"),
    Step("lifecycle.shutdown:exit_after_shutdown"),
    Step("faults.plugin:start_faults", _faults),
    Step("limits.plugin:enforce_limits", _limits),
    Step("lambda_executor.plugin:start_executor", _uses_process_executor),
    Step("lambda_executor.runtimes_endpoint:serve_runtimes"),
    Step("schedules.plugin:start_schedules", _schedules),
    Step("permissions.plugin:enforce_permissions", _permissions),
    Step("journal.plugin:start_journal", _journal),
    Step("reset.plugin:start_reset"),
)
BEFORE_INIT_SCRIPTS = (Step("lifecycle.service_preloading:preload_services"),)
AFTER_INIT_SCRIPTS = (Step("lifecycle.garbage_collection:resume"),)
SHUTDOWN = (
    Step("faults.plugin:stop_faults", _faults),
    Step("journal.plugin:stop_journal", _journal),
    Step("lambda_executor.plugin:stop_executor", _uses_process_executor),
    Step("schedules.plugin:stop_schedules", _schedules),
)

_SERVICES = "localstack.services"
_API = f"{_SERVICES}.apigateway.next_gen.execute_api"
_INVOCATION = f"{_SERVICES}.lambda_.invocation"
_MAPPING = f"{_SERVICES}.lambda_.event_source_mapping"

# Which functions patch which module of LocalStack once it is imported, by service. Of those that
# wrap the same method (``hooks.shared_patches``), the last one is the outermost.
PATCHES: Mapping[str, tuple[Step, ...]] = {
    f"{_SERVICES}.apigateway.helpers": (Step("apigateway.openapi_import:patch_import"),),
    f"{_SERVICES}.apigateway.legacy.provider": (
        Step("apigateway.stage_keys:patch_provider"),
        Step("apigateway.stage_updates:patch_paths"),
    ),
    f"{_SERVICES}.apigateway.next_gen.provider": (
        Step("apigateway.gateway_responses:patch_provider"),
        Step("apigateway.stage_updates:patch_provider"),
    ),
    f"{_API}.gateway": (
        Step("permissions.unsigned_invocations:patch_apis", _permissions),
        Step("journal.apis:patch_apis", _journal),
    ),
    f"{_API}.handlers.gateway_exception": (Step("apigateway.gateway_responses:patch_handler"),),
    f"{_API}.handlers.parse": (
        Step("apigateway.request_times:patch_requests"),
        Step("requests.payloads:patch_apis"),
        Step("limits.apis:patch_requests", _limits),
    ),
    f"{_API}.integrations.aws": (
        Step("limits.apis:patch_events", _limits),
        Step("faults.plugin:patch_integrations", _faults),
        Step("journal.apis:patch_integrations", _journal),
    ),
    f"{_SERVICES}.cloudwatch.cloudwatch_database_helper": (
        Step("cloudwatch.metric_database:patch_connections"),
        Step("cloudwatch.metric_dimensions:patch_queries"),
    ),
    f"{_SERVICES}.cloudwatch.provider_v2": (
        Step("cloudwatch.alarm_messages:patch_messages"),
        Step("cloudwatch.alarm_states:patch_service"),
    ),
    f"{_SERVICES}.events.provider": (
        Step("events.updates:patch_updates"),
        Step("limits.events:patch_events", _limits),
        Step("schedules.plugin:patch_rules", _schedules),
    ),
    f"{_SERVICES}.iam.provider": (
        Step("limits.roles:patch_roles", _limits),
        Step("permissions.inline_policies:patch_validation"),
        Step("permissions.principals:patch_managed_policies", _permissions),
    ),
    f"{_INVOCATION}.assignment": (
        Step("lambda_executor.localstack_patches:patch_assignment", _uses_process_executor),
    ),
    f"{_INVOCATION}.counting_service": (
        Step("lambda_service.concurrency:patch_leases"),
        Step("lambda_service.metrics:patch_leases"),
    ),
    f"{_INVOCATION}.event_manager": (Step("lambda_service.asynchronous_invocation:patch_poller"),),
    f"{_INVOCATION}.execution_environment": (
        Step("requests.callers:patch_environments"),
        Step("lambda_service.function_logs:patch_log_places"),
        Step("faults.functions:patch_environments", _faults),
        Step("lambda_executor.localstack_patches:patch_environments", _uses_process_executor),
        Step("lambda_executor.debugging.patches:patch_environments", _uses_process_executor),
        Step("journal.functions:patch_environments", _journal),
    ),
    f"{_INVOCATION}.lambda_models": (Step("lifecycle.client_reuse:patch_lambda_models"),),
    f"{_INVOCATION}.lambda_service": (
        Step("lambda_service.invoke_limits:patch_invoke", _limits),
        Step("lambda_service.function_deletion:patch_deletion"),
        Step("lambda_service.tasks:patch_tasks"),
    ),
    f"{_INVOCATION}.logs": (Step("lambda_service.function_logs:patch_log_handler"),),
    f"{_INVOCATION}.version_manager": (
        Step("lambda_executor.localstack_patches:patch_versions", _uses_process_executor),
        Step("lambda_executor.debugging.patches:patch_invocations", _uses_process_executor),
        Step("lambda_service.metrics:patch_invocations"),
        Step("journal.functions:patch_invocations", _journal),
    ),
    f"{_MAPPING}.esm_worker": (
        Step("lambda_service.event_source_mapping:patch_worker"),
        Step("lambda_service.sqs_event_concurrency:patch_worker"),
    ),
    f"{_MAPPING}.pollers.sqs_poller": (Step("lambda_service.sqs_event_bodies:patch_poller"),),
    f"{_SERVICES}.lambda_.provider": (
        Step("limits.functions:patch_functions", _limits),
        Step("lambda_executor.debugging.patches:patch_provider", _uses_process_executor),
        Step("lambda_service.aliases:patch_provider"),
        Step("lambda_service.code_signing_tags:patch_provider"),
        Step("lambda_service.concurrency:patch_provider"),
        Step("lambda_service.layer_deletion:patch_provider"),
        Step("lambda_service.url_paths:patch_urls"),
        Step("lambda_service.url_permissions:patch_provider"),
        Step("lambda_service.versions:patch_provider"),
    ),
    f"{_SERVICES}.lambda_.urlrouter": (
        Step("lambda_service.url_paths:patch_routes"),
        Step("lambda_service.urls:patch_router"),
        Step("requests.payloads:patch_function_urls"),
        Step("permissions.unsigned_invocations:patch_function_urls", _permissions),
    ),
    f"{_SERVICES}.logs.provider": (
        Step("logs.filters:patch_service"),
        Step("logs.log_groups:patch_service"),
    ),
    f"{_SERVICES}.opensearch.provider": (Step("lifecycle.offline:patch_domains", _offline),),
    f"{_SERVICES}.s3.provider": (Step("s3.object_folder:patch_folder"),),
    f"{_SERVICES}.s3.notifications": (Step("s3.notifications:patch_dispatcher"),),
    f"{_SERVICES}.s3.storage.ephemeral": (
        Step("s3.atomic_writes:patch_writes"),
        Step("s3.kept_content:patch_store"),
    ),
    f"{_SERVICES}.scheduler.provider": (Step("schedules.plugin:patch_scheduler", _schedules),),
    f"{_SERVICES}.sns.provider": (
        Step("limits.topics:patch_topics", _limits),
        Step("sns.confirmation:patch_service"),
        Step("sns.redrive_policies:patch_service"),
    ),
    f"{_SERVICES}.sns.publisher": (
        Step("sns.delivery:patch_publishers"),
        Step("sns.email_messages:patch_publisher"),
    ),
    f"{_SERVICES}.sqs.models": (
        Step("limits.queues:patch_attributes", _limits),
        Step("faults.queues:patch_queues", _faults),
        Step("journal.queues:patch_queues", _journal),
    ),
    f"{_SERVICES}.sqs.provider": (
        Step("limits.queues:patch_messages", _limits),
        Step("reset.message_moves:patch_tasks"),
    ),
    f"{_SERVICES}.sqs.query_api": (
        Step("requests.callers:patch_query_api"),
        Step("requests.malformed_requests:patch_query_api"),
    ),
    f"{_SERVICES}.sts.provider": (Step("permissions.principals:patch_sessions", _permissions),),
}


@hooks.on_infra_start(priority=1000)  # type: ignore[untyped-decorator]
def start_early() -> None:
    """Check the settings, and begin with what has to come before everything else."""
    if not release.is_supported():
        release.warn_unsupported()
        return
    try:
        settings.check_settings()
    except settings.InvalidSettingError as error:
        raise LocalstackExit(str(error), code=1) from error
    for warning in settings.unknown_settings():
        LOG.warning(warning)
    _run(START_EARLY)


# Before LocalStack's own hooks, whose priority is 0.
@hooks.on_infra_start(should_load=release.is_supported, priority=100)  # type: ignore[untyped-decorator]
def start() -> None:
    """Extend LocalStack, and patch its modules when it imports them."""
    _run(START)
    for module, steps in PATCHES.items():
        on_import(module, partial(_run, steps))


# LocalStack runs the init scripts with priority 0.
@hooks.on_infra_ready(should_load=release.is_supported, priority=100)  # type: ignore[untyped-decorator]
def before_init_scripts() -> None:
    """Do what is best done while init scripts start."""
    _run(BEFORE_INIT_SCRIPTS)


@hooks.on_infra_ready(should_load=release.is_supported, priority=-100)  # type: ignore[untyped-decorator]
def after_init_scripts() -> None:
    """Do what would make the start slower."""
    _run(AFTER_INIT_SCRIPTS)


# Before LocalStack stops its services.
@hooks.on_infra_shutdown(should_load=release.is_supported, priority=100)  # type: ignore[untyped-decorator]
def shut_down() -> None:
    """Stop what would keep LocalStack from shutting down."""
    _run(SHUTDOWN)


def _run(steps: Iterable[Step]) -> None:
    for step in steps:
        if step.condition():
            module, _, name = step.function.partition(":")
            function: Any = getattr(import_module(f"localstack_testbed.{module}"), name)
            function()
