"""The metrics of CloudWatch, which LocalStack keeps in a database, and the evaluation of alarms."""

from typing import Any

from localstack_testbed.reset.stores import provider_of

_LAST = {
    "SINGLE_METRICS": "SELECT MAX(id) FROM SINGLE_METRICS",
    "AGGREGATED_METRICS": "SELECT MAX(id) FROM AGGREGATED_METRICS",
}
_DELETE_NEWER = {
    "SINGLE_METRICS": "DELETE FROM SINGLE_METRICS WHERE id > ?",
    "AGGREGATED_METRICS": "DELETE FROM AGGREGATED_METRICS WHERE id > ?",
}


class SavedMetrics:
    """The number of the last value of each table when a state was saved."""

    def __init__(self) -> None:
        self._last = dict.fromkeys(_LAST, 0)

    @classmethod
    def now(cls) -> "SavedMetrics":
        """Return the numbers of the last values that there are now."""
        saved, provider = cls(), provider_of("cloudwatch")
        if provider is not None:
            with _database(provider) as connection:
                for table, query in _LAST.items():
                    saved._last[table] = connection.execute(query).fetchone()[0] or 0
        return saved

    def restore(self, *, alarms_changed: bool) -> None:
        """Delete the values that are newer, and evaluate the alarms that there are now."""
        provider = provider_of("cloudwatch")
        if provider is None:
            return
        with _database(provider) as connection:
            for table, last in self._last.items():
                connection.execute(_DELETE_NEWER[table], (last,))
            connection.commit()
        if alarms_changed:
            from localstack.services.cloudwatch.models import (
                LocalStackMetricAlarm,
                cloudwatch_stores,
            )

            scheduler = provider.alarm_scheduler
            for arn in list(scheduler.scheduled_alarms):
                scheduler.delete_scheduler_for_alarm(arn)
            for _, _, store in list(cloudwatch_stores.iter_stores()):
                for arn, alarm in list(store.alarms.items()):
                    if isinstance(alarm, LocalStackMetricAlarm):
                        scheduler.schedule_metric_alarm(arn)


def _database(provider: Any) -> Any:
    from localstack.services.cloudwatch import cloudwatch_database_helper as helper

    module: Any = helper
    return module.sqlite3.connect(provider.cloudwatch_database.METRICS_DB)
