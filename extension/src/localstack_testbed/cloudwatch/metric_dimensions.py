"""CloudWatch tells metrics apart by all their dimensions.

A metric is what has exactly the dimensions that are asked for:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
LocalStack adds all that have these among others, and all whose values begin with those asked for:
the statistics of a function ``monitor`` contain those of ``monitor-test``.

Setting: ``TESTBED_METRIC_DIMENSIONS`` (``0`` switches the module off).
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.on_import import on_import
from localstack_testbed.hooks.patching import on_infra_start, patch
from localstack_testbed.hooks.settings import switch


class _AllDimensions(list[dict[str, str]]):
    """The dimensions of a metric whose values are asked for."""


@on_infra_start(should_load=switch("TESTBED_METRIC_DIMENSIONS"))
def match_dimensions_exactly() -> None:
    """Patch the database of metrics, when LocalStack loads it."""
    on_import("localstack.services.cloudwatch.cloudwatch_database_helper", _patch)


def _patch() -> None:
    from localstack.services.cloudwatch.cloudwatch_database_helper import CloudwatchDatabase

    @patch(CloudwatchDatabase.get_metric_data_stat)
    def get_metric_data_stat(
        original: Callable[..., Any], self: Any, *args: Any, query: Any, **kwargs: Any
    ) -> Any:
        metric = query["MetricStat"]["Metric"]
        metric = metric | {"Dimensions": _AllDimensions(metric.get("Dimensions") or [])}
        query = query | {"MetricStat": query["MetricStat"] | {"Metric": metric}}
        return original(self, *args, query=query, **kwargs)

    @patch(CloudwatchDatabase._get_ordered_dimensions_with_separator)
    def get_ordered_dimensions(
        original: Callable[..., str | None],
        self: Any,
        dims: list[dict[str, str]] | None,
        for_search: bool = False,
    ) -> str | None:
        """Return what is stored for dimensions, or a pattern of it with a wildcard at the ends.

        Each dimension ends with a tab, in what is stored and so in the pattern.
        """
        stored = original(self, dims)
        if stored is None or not for_search or isinstance(dims, _AllDimensions):
            return stored
        return "%" + stored.replace("\t", "\t%")
