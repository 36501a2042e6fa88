"""The journal's part in LocalStack's start and shutdown."""

from collections.abc import Callable
from pathlib import Path

from localstack_testbed.hooks.settings import JOURNAL_BYTES, JOURNAL_ENTRIES

_closing: list[Callable[[], None]] = []


def start_journal() -> None:
    """Create the journal, its endpoint and its file, and join the handler chains."""
    from localstack import config
    from localstack.aws import handlers
    from localstack.services.edge import ROUTER

    from localstack_testbed.journal.api import ApiEntries
    from localstack_testbed.journal.endpoint import serve
    from localstack_testbed.journal.journal import Journal, keep
    from localstack_testbed.journal.writing import Writer
    from localstack_testbed.requests.callers import ENVIRONMENT_CREDENTIALS

    journal = Journal(JOURNAL_ENTRIES.value())
    writer = Writer(journal, Path(config.dirs.logs), JOURNAL_BYTES.value())
    keep(journal)
    _closing.extend((journal.close, writer.close))
    serve(ROUTER, journal)
    api = ApiEntries(ENVIRONMENT_CREDENTIALS)
    handlers.serve_custom_service_request_handlers.handlers.insert(0, api.begin)
    handlers.run_custom_finalizers.append(api.end)


def stop_journal() -> None:
    """Wake up readers that wait for entries, and write the last entries."""
    while _closing:
        _closing.pop(0)()
