"""Updates of event buses, archives, connections and API destinations.

- LocalStack does not have UpdateEventBus:
  https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateEventBus.html
- UpdateArchive changes the event pattern that DescribeArchive returns, but not the events that the
  archive receives: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_UpdateArchive.html
- An empty description, which removes it, is ignored or stored as such; DescribeConnection does not
  return any: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DescribeConnection.html
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from localstack_testbed.hooks.patching import patch, replace


def patch_updates() -> None:
    """Correct the operations."""
    from localstack.aws.api import handler
    from localstack.services.events.api_destination import APIDestinationService
    from localstack.services.events.archive import ArchiveService
    from localstack.services.events.connection import ConnectionService
    from localstack.services.events.provider import EventsProvider
    from localstack.services.events.utils import extract_event_bus_name

    def update_event_bus(self: Any, context: Any, request: Any) -> dict[str, Any]:
        store = self.get_store(context.region, context.account_id)
        bus = self.get_event_bus(extract_event_bus_name(request.get("Name")), store)
        if (description := request.get("Description")) is not None:
            bus.description = description or None
        bus.last_modified_time = datetime.now(UTC)
        return {
            "Arn": bus.arn,
            "Name": bus.name,
            **({"Description": bus.description} if bus.description else {}),
        }

    replace(
        EventsProvider,
        "update_event_bus",
        handler("UpdateEventBus", expand=False)(update_event_bus),
    )

    @patch(ArchiveService.update)
    def update_archive(original: Callable[..., None], self: Any, *args: Any, **kw: Any) -> None:
        original(self, *args, **kw)
        archive = self.archive
        archive.description = archive.description or None
        archive.event_pattern = archive.event_pattern or None
        # PutRule with the new pattern.
        self._create_archive_rule()

    @patch(ConnectionService.update)
    def update_connection(
        original: Callable[..., None], self: Any, description: str | None, *args: Any, **kw: Any
    ) -> None:
        original(self, description, *args, **kw)
        if description == "":
            self.connection.description = None

    @patch(EventsProvider._connection_to_api_type_connection)
    def describe_connection(
        original: Callable[..., dict[str, Any]], self: Any, connection: Any
    ) -> dict[str, Any]:
        answer = original(self, connection)
        if connection.description:
            answer["Description"] = connection.description
        return answer

    @patch(APIDestinationService.update)
    def update_api_destination(
        original: Callable[..., None],
        self: Any,
        connection: Any,
        endpoint: Any,
        method: Any,
        limit: Any,
        description: str | None,
    ) -> None:
        original(self, connection, endpoint, method, limit, description)
        if description == "":
            self.api_destination.description = None
