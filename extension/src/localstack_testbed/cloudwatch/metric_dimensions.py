"""Queries of metrics that match all dimensions exactly.

AWS identifies a metric by exactly the dimensions of the query:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
LocalStack also includes metrics with further dimensions, and metrics whose values begin with those
of the query: statistics of a function ``monitor`` contain those of ``monitor-test``.
"""

from collections.abc import Callable
from typing import Any

from localstack_testbed.hooks.patching import patch


class _AllDimensions(list[dict[str, str]]):
    """The dimensions of a query, which must match exactly."""


def patch_queries() -> None:
    """Match all dimensions of a metric in queries."""
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
        """Return dimensions in their stored form, or as a search pattern with wildcards.

        Each dimension ends with a tab, in the stored form and therefore in the pattern.
        """
        stored = original(self, dims)
        if stored is None or not for_search or isinstance(dims, _AllDimensions):
            return stored
        return "%" + stored.replace("\t", "\t%")
