"""What LocalStack finds: the part of the journal in its start and shutdown."""

import os
from collections.abc import Callable
from pathlib import Path

from localstack.runtime.exceptions import LocalstackExit

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_shutdown, on_infra_start
from localstack_testbed.hooks.settings import switch

ENTRIES = "10000"
BYTES = "5000000"
# After those of faults, so that what a fault did to an answer is in the entry.
_PRIORITY = 90

_is_on = switch("TESTBED_JOURNAL")
_closing: list[Callable[[], None]] = []


@on_infra_start(should_load=_is_on, priority=_PRIORITY)
def begin_journal() -> None:
    """Keep a journal, serve it and write it; patch the services when they load."""
    from localstack import config
    from localstack.aws import handlers
    from localstack.services.edge import ROUTER

    from localstack_testbed.journal import apis, functions, queues
    from localstack_testbed.journal.api import ApiEntries
    from localstack_testbed.journal.endpoint import serve
    from localstack_testbed.journal.journal import Journal, keep
    from localstack_testbed.journal.writing import Writer
    from localstack_testbed.requests.callers import ENVIRONMENTS, know_callers

    entries = os.environ.get("TESTBED_JOURNAL_ENTRIES", ENTRIES)
    length = os.environ.get("TESTBED_JOURNAL_BYTES", BYTES)
    journal = Journal(_checked("TESTBED_JOURNAL_ENTRIES", entries))
    writer = Writer(journal, Path(config.dirs.logs), _checked("TESTBED_JOURNAL_BYTES", length))
    keep(journal)
    know_callers()
    _closing.extend((journal.close, writer.close))
    serve(ROUTER, journal)
    api = ApiEntries(ENVIRONMENTS)
    handlers.serve_custom_service_request_handlers.handlers.insert(0, api.begin)
    handlers.run_custom_finalizers.append(api.end)
    invocation = "localstack.services.lambda_.invocation"
    on_import(f"{invocation}.execution_environment", functions.patch_environments)
    on_import(f"{invocation}.version_manager", functions.patch_invocations)
    on_import("localstack.services.sqs.models", queues.patch_queues)
    execute_api = "localstack.services.apigateway.next_gen.execute_api"
    on_import(f"{execute_api}.gateway", apis.patch_apis)
    on_import(f"{execute_api}.integrations.aws", apis.patch_integrations)


@on_infra_shutdown(should_load=_is_on)
def end_journal() -> None:
    """Let nobody wait for entries any more, and write the rest."""
    while _closing:
        _closing.pop(0)()


def _checked(name: str, text: str) -> int:
    """Return what a setting says, a whole number above zero.

    Raises
    ------
    LocalstackExit
        If it is not one.
    """
    if not text.isdecimal() or int(text) == 0:
        raise LocalstackExit(f"{name}={text} is not a whole number from 1", code=1)
    return int(text)
