"""Examples of the resource types of Systems Manager."""

from typing import Any

from tests.extension.live.cloudformation.types.model import ABSENT, ANY, Change, Example, Seen


def _parameter(seen: Seen) -> Any:
    ssm = seen.client("ssm")
    name = seen.physical_id
    selected = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    (described,) = ssm.describe_parameters(ParameterFilters=selected)["Parameters"]
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    return {
        "Value": ssm.get_parameter(Name=name)["Parameter"]["Value"],
        **{
            key: described.get(key)
            for key in ("Name", "Type", "Description", "AllowedPattern", "Tier", "DataType")
        },
        "Tags": {tag["Key"]: tag["Value"] for tag in tags if not tag["Key"].startswith("aws:")},
    }


# The test does not replace names that are this short.
EXAMPLES = [
    Example(
        type="AWS::SSM::Parameter",
        properties={"Type": "String", "Value": "one"},
        changes={
            "Name": Change("/ex/1", "/ex/2"),
            "Value": Change("one", "two"),
            "Type": Change("String", "StringList"),
            "Description": Change(ABSENT, "What it is for"),
            "AllowedPattern": Change("^[a-z]+$", ABSENT),
            "Tier": Change("Standard", "Advanced"),
            "Tags": Change({"Team": "a", "Old": "x"}, {"Team": "b", "New": "y"}),
        },
        observe=_parameter,
        unavailable={"DataType": "aws:ec2:image", "Policies": ANY},
    )
]
