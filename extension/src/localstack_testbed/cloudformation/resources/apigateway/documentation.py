"""The documentation of REST APIs."""

from typing import Any

from localstack_testbed.cloudformation.resources.apigateway.calls import (
    arguments_of,
    gateway,
    replace,
)
from localstack_testbed.cloudformation.resources.helpers import exists
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceType,
)


class DocumentationPart(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-documentationpart.html"""

    def create(self, context: Context, properties: Properties) -> str:
        names = ("Type", "Path", "Method", "StatusCode", "Name")
        made = gateway(context).create_documentation_part(
            restApiId=properties["RestApiId"],
            location=arguments_of(properties["Location"], *names),
            properties=properties["Properties"],
        )
        return str(made["id"])

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        gateway(context).update_documentation_part(
            restApiId=new["RestApiId"],
            documentationPartId=physical_id,
            patchOperations=[replace("/properties", new["Properties"])],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_documentation_part(
            restApiId=properties["RestApiId"], documentationPartId=physical_id
        )

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"DocumentationPartId": physical_id}


class DocumentationVersion(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-documentationversion.html"""

    name_property = "DocumentationVersion"

    def create(self, context: Context, properties: Properties) -> str:
        client, version = gateway(context), self._version(properties)
        # LocalStack would overwrite it.
        if exists(client.get_documentation_version, **version):
            raise AlreadyExistsError(context.type_name, "|".join(version.values()))
        client.create_documentation_version(**version, **arguments_of(properties, "Description"))
        return version["documentationVersion"]

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        gateway(context).update_documentation_version(
            **self._version(new),
            patchOperations=[replace("/description", new.get("Description", ""))],
        )
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_documentation_version(**self._version(properties))

    def _version(self, properties: Properties) -> dict[str, str]:
        return arguments_of(properties, "RestApiId", "DocumentationVersion")
