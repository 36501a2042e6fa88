"""Resource types of Systems Manager.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_SSM.html
"""

import re
from typing import Any

from localstack_testbed.cloudformation.resources.helpers import (
    tag_list,
    tag_map,
    update_tags,
)
from localstack_testbed.cloudformation.resources.model import (
    Context,
    Properties,
    ResourceError,
    ResourceType,
)


class Parameter(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ssm-parameter.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        name: str = properties.get("Name") or f"CFN-{context.generated_name(124)}"
        tags = tag_list(tag_map(properties))
        arguments = {"Tags": tags} if tags else {}
        self._put(context, name, properties, **arguments)
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        # LocalStack allows it, so that a failed change can be taken back.
        # https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
        if _tier(old) == "Advanced" and _tier(new) == "Standard":
            raise ResourceError(
                "This parameter uses the advanced-parameter tier. You can't downgrade a parameter "
                "from the advanced-parameter tier to the standard-parameter tier. If necessary, "
                "you can delete the advanced parameter and recreate it as a standard parameter."
            )
        return self.roll_back(context, physical_id, old, new)

    def roll_back(
        self, context: Context, physical_id: str, attempted: Properties, properties: Properties
    ) -> str | None:
        self._put(context, physical_id, properties, Overwrite=True)
        ssm = context.client("ssm")
        parameter = {"ResourceType": "Parameter", "ResourceId": physical_id}
        update_tags(
            attempted,
            properties,
            tag=lambda tags: ssm.add_tags_to_resource(**parameter, Tags=tag_list(tags)),
            untag=lambda keys: ssm.remove_tags_from_resource(**parameter, TagKeys=keys),
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        context.client("ssm").delete_parameter(Name=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Type": properties["Type"], "Value": properties["Value"]}

    def unsupported(self, properties: Properties) -> str | None:
        if properties.get("Policies"):
            return "Policies are not available in this testbed: parameters do not expire here"
        if properties.get("DataType", "text") == "aws:ec2:image":
            return "The DataType aws:ec2:image is not available in this testbed: there are no AMIs"
        return None

    def _put(self, context: Context, name: str, properties: Properties, **more: Any) -> None:
        value, pattern = properties["Value"], properties.get("AllowedPattern")
        if pattern and not re.search(pattern, value):
            raise ResourceError(
                f"Parameter value, cannot be validated against allowedPattern: {pattern}"
            )
        # What is absent keeps its former value; so it is set to its default.
        context.client("ssm").put_parameter(
            Name=name,
            Value=value,
            Type=properties["Type"],
            Description=properties.get("Description", ""),
            AllowedPattern=pattern or "",
            Tier=_tier(properties),
            DataType=properties.get("DataType", "text"),
            **more,
        )


def _tier(properties: Properties) -> str:
    return str(properties.get("Tier", "Standard"))


TYPES: dict[str, type[ResourceType]] = {"AWS::SSM::Parameter": Parameter}
