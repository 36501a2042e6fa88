"""Resource types."""

from localstack_testbed.cloudformation.resources.model import ResourceType

TYPES: dict[str, type[ResourceType]] = {}
