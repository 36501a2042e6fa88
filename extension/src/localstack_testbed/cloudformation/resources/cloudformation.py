"""CloudFormation's own resource types."""

import uuid

from localstack_testbed.cloudformation.resources.custom import CustomResource
from localstack_testbed.cloudformation.resources.model import Context, Properties, ResourceType
from localstack_testbed.cloudformation.resources.nested_stacks import NestedStack
from localstack_testbed.cloudformation.resources.wait_conditions import (
    WaitCondition,
    WaitConditionHandle,
)


class Metadata(ResourceType):
    """AWS::CDK::Metadata, by which AWS counts how CDK is used: nothing is behind it."""

    def create(self, context: Context, properties: Properties) -> str:
        return str(uuid.uuid4())

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        pass


TYPES: dict[str, type[ResourceType]] = {
    "AWS::CDK::Metadata": Metadata,
    "AWS::CloudFormation::CustomResource": CustomResource,
    "AWS::CloudFormation::Stack": NestedStack,
    "AWS::CloudFormation::WaitCondition": WaitCondition,
    "AWS::CloudFormation::WaitConditionHandle": WaitConditionHandle,
}
