"""What runs for Lambda functions: versions, environments, queues of events, and pollers of queues.

A memento restores the stored functions and mappings. What runs for them is adjusted here: stopped,
started, or kept, so that environments stay warm.
"""

import contextlib
import dataclasses
import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localstack_testbed.lambda_executor.localstack_patches import STARTING
from localstack_testbed.lambda_service.event_source_mapping import has_failed
from localstack_testbed.lambda_service.function_logs import store_pending
from localstack_testbed.lambda_service.metrics import discard_metrics
from localstack_testbed.reset.stores import provider_of
from localstack_testbed.timing.queue_waiting import find_queue, wake

LOG = logging.getLogger(__name__)

START_SECONDS = 60.0

# What LocalStack changes in a version while it starts it.
_VOLATILE = ("state", "last_update", "revision_id")


def kill_invocations() -> None:
    """Kill the processes of functions that are being invoked, as a crash does."""
    provider = provider_of("lambda")
    if provider is None:
        return
    from localstack.services.lambda_.invocation.execution_environment import RuntimeStatus

    known = provider.lambda_service.assignment_service.environments
    running = {each for some in list(known.values()) for each in list(some.values())}
    for environment in running | set(STARTING):
        kill = getattr(environment.runtime_executor, "kill", None)
        if kill and environment.status in (RuntimeStatus.STARTING, RuntimeStatus.INVOKING):
            kill()


def discard_events() -> None:
    """Drop the asynchronous events that wait for an invocation."""
    provider = provider_of("lambda")
    if provider is None:
        return
    from localstack.services.lambda_.invocation.internal_sqs_queue import get_fake_sqs_client

    queues = get_fake_sqs_client().queue_manager.queues
    for manager in list(provider.lambda_service.event_managers.values()):
        queue = queues.get(manager.event_queue_url)
        if queue is not None:
            queue.clear()


def settle_output() -> None:
    """Store the log lines of finished invocations now, and do not send their metrics."""
    discard_metrics()
    provider = provider_of("lambda")
    if provider is None:
        return
    managers = list(provider.lambda_service.lambda_running_versions.values())
    if managers:
        with ThreadPoolExecutor(len(managers), "reset-logs") as executor:
            list(executor.map(lambda manager: store_pending(manager.log_handler), managers))


class RunningFunctions:
    """The pollers of event source mappings that ran when a state was saved, by the mapping's id."""

    def __init__(self, workers: dict[str, Any] | None = None) -> None:
        self._workers = workers or {}

    @classmethod
    def now(cls) -> "RunningFunctions":
        """Return those that run now."""
        provider = provider_of("lambda")
        return cls(dict(provider.esm_workers) if provider else None)

    def adjust(self) -> list[str]:
        """Run exactly what the store contains.

        Returns
        -------
        list of str
            The ARNs of versions that could not be started, with the reason.
        """
        provider = provider_of("lambda")
        if provider is None:
            return []
        failures = _adjust_versions(provider.lambda_service)
        _adjust_provisioned_concurrency(provider.lambda_service)
        self._adjust_workers(provider)
        return failures

    def _adjust_workers(self, provider: Any) -> None:
        wanted = {
            mapping["UUID"]: (store, mapping)
            for store in _stores()
            for mapping in list(store.event_source_mappings.values())
        }
        for uuid, worker in list(provider.esm_workers.items()):
            if uuid in wanted and worker is self._workers.get(uuid) and _polls(worker):
                continue
            del provider.esm_workers[uuid]
            worker.stop_for_shutdown()
            wake(find_queue(worker.poller.source_arn) if _has_queue(worker) else None)
        for uuid, (store, mapping) in wanted.items():
            if uuid not in provider.esm_workers:
                self._workers[uuid] = provider.esm_workers[uuid] = _started_worker(store, mapping)
            elif mapping["State"] != "Disabled":
                mapping["State"] = "Enabled"  # it may have been saved while it was starting


def _adjust_versions(service: Any) -> list[str]:
    wanted = {
        version.qualified_arn: (function, version)
        for store in _stores()
        for function in list(store.functions.values())
        for version in list(function.versions.values())
    }

    def taken(arn: str) -> tuple[Any, Any]:
        return service.lambda_running_versions.pop(arn), service.event_managers.pop(arn)

    stopped = [taken(arn) for arn in list(service.lambda_running_versions) if arn not in wanted]
    starting = []
    for arn, (function, version) in wanted.items():
        manager = service.lambda_running_versions.get(arn)
        if manager and manager.function is function and _is_same(manager.function_version, version):
            continue
        if version.config.state.state == "Failed":
            continue
        if manager:
            # Not by an update, which would delete the code of the version that is replaced.
            stopped.append(taken(arn))
        starting.append((function, version))
    with ThreadPoolExecutor(thread_name_prefix="reset-versions") as executor:
        list(executor.map(_stop, stopped))
    started = [
        (function, version, service.create_function_version(version))
        for function, version in starting
    ]
    failures = []
    for function, version, future in started:
        future.result(START_SECONDS)
        now = function.versions[version.id.qualifier]
        if now.config.state.state == "Active":
            function.versions[version.id.qualifier] = version  # with its revision id
        else:
            failures.append(f"{version.qualified_arn}: {now.config.state.reason}")
    return failures


def _stop(running: tuple[Any, Any]) -> None:
    manager, events = running
    for each in (events, manager):
        try:
            each.stop()
        except Exception as error:
            LOG.warning("Cannot stop %s: %s", manager.function_arn, error)


def _adjust_provisioned_concurrency(service: Any) -> None:
    for store in _stores():
        for function in list(store.functions.values()):
            wanted: dict[str, int] = {}
            for qualifier, configured in function.provisioned_concurrency_configs.items():
                alias = function.aliases.get(qualifier)
                version = alias.function_version if alias else qualifier
                wanted[version] = configured.provisioned_concurrent_executions
            for qualifier, version in function.versions.items():
                manager = service.lambda_running_versions.get(version.qualified_arn)
                state = manager.provisioned_state if manager else None
                if manager and wanted.get(qualifier, 0) != (state.allocated if state else 0):
                    with contextlib.suppress(Exception):
                        manager.update_provisioned_concurrency_config(wanted.get(qualifier, 0))


def _stores() -> Iterator[Any]:
    from localstack.services.lambda_.invocation.models import lambda_stores

    for _, _, store in list(lambda_stores.iter_stores()):
        yield store


def _is_same(running: Any, stored: Any) -> bool:
    """Return whether a version runs as it is stored, but for what LocalStack changes itself."""
    one, other = running.config, stored.config
    return all(
        getattr(one, field.name) == getattr(other, field.name)
        for field in dataclasses.fields(other)
        if field.name not in _VOLATILE
    )


def _polls(worker: Any) -> bool:
    """Return whether a worker does what its mapping says, and does not back off."""
    thread = worker._poller_thread
    runs = thread is not None and thread.is_alive() and not worker._shutdown_event.is_set()
    if worker.esm_config["State"] == "Disabled":
        return not runs
    return runs and not has_failed(worker.poller)


def _has_queue(worker: Any) -> bool:
    return ":sqs:" in str(getattr(worker.poller, "source_arn", ""))


def _started_worker(store: Any, mapping: Any) -> Any:
    """Start the poller of a mapping, as LocalStack does when it loads a saved state."""
    from localstack.services.lambda_.event_source_mapping import esm_worker_factory
    from localstack.services.lambda_.provider_utils import get_function_version_from_arn

    role = get_function_version_from_arn(mapping["FunctionArn"]).config.role
    enabled = mapping["State"] not in ("Disabled", "Disabling")
    module: Any = esm_worker_factory
    worker = module.EsmWorkerFactory(mapping, role, enabled).get_esm_worker()
    worker.create()
    return worker
