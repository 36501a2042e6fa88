"""The stores of the services that LocalStack has loaded, and of the extension itself."""

import sys
from collections.abc import Iterator
from typing import Any

# Sessions of roles stay valid, also on AWS. LocalStack and the environments of functions use theirs
# until they expire.
_KEPT = ("sts",)

# Thousands of policies of AWS, which never change.
_CACHES = ("_aws_managed_policy_cache",)

SERVER_BACKED = {
    "dynamodb": "DynamoDB",
    "dynamodbstreams": "DynamoDB Streams",
    "kinesis": "Kinesis",
    "opensearch": "OpenSearch",
    "es": "Elasticsearch",
}
"""Services whose data is in a process of their own, by their names in LocalStack."""


def services() -> dict[str, Any]:
    """Return the services that LocalStack has loaded, by name."""
    from localstack.services.plugins import SERVICE_PLUGINS, ServiceState

    return {
        name: container.service
        for name, container in list(SERVICE_PLUGINS._services.items())
        if container.state == ServiceState.RUNNING and name not in _KEPT
    }


def provider_of(name: str) -> Any:
    """Return the provider of a service, or None if LocalStack has not loaded it."""
    service = services().get(name)
    return service._provider if service else None


def roots() -> dict[str, Any]:
    """Return everything that holds state and can be restored by a memento, by name."""
    found: dict[str, Any] = {}
    for name, service in services().items():
        if name in SERVER_BACKED:
            continue
        for number, container in enumerate(containers(service)):
            found[f"{name}/{number}"] = container
        provider = service._provider
        # Services that LocalStack makes for stored objects, such as those that send events.
        if name != "lambda":
            for attribute, value in vars(provider).items() if provider else ():
                if isinstance(value, dict) and attribute not in _CACHES:
                    found[f"{name}/{attribute}"] = value
    if store := object_store():
        found["s3/files"] = store._filesystem
    if (kept := emails()) is not None:
        found["ses/emails"] = kept
    return found


def containers(service: Any) -> Iterator[Any]:
    """Yield the stores of a service, and moto's backends."""
    from localstack.state import StateVisitor
    from localstack.state.core import AssetDirectory

    class Collector(StateVisitor):
        def __init__(self) -> None:
            self.found: list[Any] = []

        def visit(self, state_container: Any) -> None:
            if not isinstance(state_container, AssetDirectory):
                self.found.append(state_container)

    collector = Collector()
    service.accept_state_visitor(collector)
    yield from collector.found


def object_store() -> Any:
    """Return the store of S3's objects, or None if S3 is not loaded."""
    provider = provider_of("s3")
    return provider._storage_backend if provider else None


def emails() -> Any:
    """Return the emails by their ids, or None if SES is not loaded, or not yet completely."""
    module = sys.modules.get("localstack.services.ses.provider")
    return getattr(module, "EMAILS", None)


def used_servers() -> list[str]:
    """Return the services in processes of their own that contain something."""
    found = services()
    return [name for name in SERVER_BACKED if name in found and _has_content(found[name])]


def empty_servers() -> None:
    """Empty the services in processes of their own, as LocalStack's persistence does."""
    found = services()
    for name in used_servers():
        provider = found[name]._provider
        _call(provider, "on_before_state_reset")
        for container in containers(found[name]):
            empty(container)
        _call(provider, "on_after_state_reset")


def _has_content(service: Any) -> bool:
    return any(
        value
        for container in containers(service)
        for regions in list(container.values())
        for store in list(regions.values())
        for value in vars(store).values()
        if isinstance(value, dict | list) and value is not getattr(store, "_universal", None)
    )


def _call(provider: Any, name: str) -> None:
    if function := getattr(provider, name, None):
        function()


def empty(root: Any) -> None:
    """Empty a store that did not exist when a state was saved."""
    from localstack.services.stores import AccountRegionBundle

    emptied: Any = root.reset if isinstance(root, AccountRegionBundle) else root.clear
    emptied()
