"""A faster database of metrics, whose connections are closed after use.

LocalStack waits for the disk after each value of a metric. The database is empty after each start,
so there is nothing to protect from a crash (https://sqlite.org/pragma.html#pragma_synchronous).
LocalStack also leaves connections to the garbage collector, which can be hundreds of open files.
https://docs.python.org/3/library/sqlite3.html#how-to-use-the-connection-context-manager
"""

import sqlite3
from typing import Any

from localstack_testbed.hooks.patching import replace


class _Connection(sqlite3.Connection):
    def __exit__(self, *arguments: Any) -> Any:
        try:
            return super().__exit__(*arguments)
        finally:
            self.close()


class _Sqlite:
    """Stands in for the module ``sqlite3`` in LocalStack's helper."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sqlite3, name)

    def connect(self, *arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = sqlite3.connect(*arguments, factory=_Connection, **options)
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")
        return connection


def patch_connections() -> None:
    """Replace the connections to the database of metrics."""
    from localstack.services.cloudwatch import cloudwatch_database_helper

    replace(cloudwatch_database_helper, "sqlite3", _Sqlite())
