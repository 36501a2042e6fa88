"""API keys and usage plans."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from localstack_testbed.cloudformation.resources.apigateway.calls import (
    NOT_YET,
    Patch,
    arguments_of,
    gateway,
    replace,
    set_tags,
)
from localstack_testbed.cloudformation.resources.helpers import exists, tag_map
from localstack_testbed.cloudformation.resources.model import (
    AlreadyExistsError,
    Context,
    Properties,
    ResourceType,
)


class ApiKey(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-apikey.html"""

    name_property = "Name"

    def create(self, context: Context, properties: Properties) -> str:
        names = ("Name", "Description", "Enabled", "GenerateDistinctId", "Value", "CustomerId")
        made = gateway(context).create_api_key(
            **{"name": context.generated_name(64)} | arguments_of(properties, *names),
            stageKeys=[
                {"restApiId": each["RestApiId"], "stageName": each["StageName"]}
                for each in _named_stages(properties)
            ],
            tags=tag_map(properties),
        )
        key_id: str = made["id"]
        context.created(key_id)
        set_tags(context, f"/apikeys/{key_id}", {}, properties)
        return key_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        gateway(context).update_api_key(
            apiKey=physical_id,
            patchOperations=[
                replace("/description", new.get("Description", "")),
                replace("/enabled", new.get("Enabled", False)),
                replace("/customerId", new.get("CustomerId", "")),
                *_stage_changes(old, new),
            ],
        )
        set_tags(context, f"/apikeys/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_api_key(apiKey=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"APIKeyId": physical_id}


def _named_stages(properties: Properties) -> list[dict[str, str]]:
    """Return the stages that an API key names; one without a stage names nothing."""
    keys: list[dict[str, str]] = properties.get("StageKeys") or []
    return [each for each in keys if each.get("RestApiId") and each.get("StageName")]


def _stage_changes(old: Properties, new: Properties) -> list[dict[str, str]]:
    before, after = (
        {f"{each['RestApiId']}/{each['StageName']}" for each in _named_stages(properties)}
        for properties in (old, new)
    )
    return [
        {"op": operation, "path": "/stages", "value": stage}
        for operation, stages in (("add", after - before), ("remove", before - after))
        for stage in sorted(stages)
    ]


class UsagePlan(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplan.html"""

    def create(self, context: Context, properties: Properties) -> str:
        client = gateway(context)
        made = client.create_usage_plan(
            name=properties.get("UsagePlanName") or context.generated_name(64),
            apiStages=[
                {"apiId": each["ApiId"], "stage": each["Stage"]}
                for each in properties.get("ApiStages") or ()
            ],
            tags=tag_map(properties),
            **arguments_of(properties, "Description"),
        )
        plan_id: str = made["id"]
        context.created(plan_id)
        set_tags(context, f"/usageplans/{plan_id}", {}, properties)
        return plan_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client = gateway(context)
        name = new.get("UsagePlanName")
        if not name and old.get("UsagePlanName"):
            name = context.generated_name(64)
        client.update_usage_plan(
            usagePlanId=physical_id,
            patchOperations=[
                *([replace("/name", name)] if name else []),
                replace("/description", new.get("Description", "")),
            ],
        )
        self._set_stages(client, physical_id, _stages(new.get("ApiStages") or ()))
        set_tags(context, f"/usageplans/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = gateway(context)
        # A plan that has stages cannot be deleted.
        self._set_stages(client, physical_id, [])
        client.delete_usage_plan(usagePlanId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        for name in ("Throttle", "Quota"):
            if properties.get(name):
                return f"{name} {NOT_YET}: usage plans do not limit requests"
        stages = properties.get("ApiStages")
        for stage in stages if isinstance(stages, list) else ():
            if isinstance(stage, Mapping) and stage.get("Throttle"):
                return f"ApiStages.Throttle {NOT_YET}: usage plans do not limit requests"
        return None

    def _set_stages(self, client: Any, plan_id: str, wanted: Sequence[str]) -> None:
        plan = client.get_usage_plan(usagePlanId=plan_id)
        present = [f"{each['apiId']}:{each['stage']}" for each in plan.get("apiStages") or ()]
        patches = [
            *(_stage_patch("remove", each) for each in present if each not in wanted),
            *(_stage_patch("add", each) for each in wanted if each not in present),
        ]
        if patches:
            client.update_usage_plan(usagePlanId=plan_id, patchOperations=patches)


def _stages(stages: Iterable[Mapping[str, str]]) -> list[str]:
    return [f"{each['ApiId']}:{each['Stage']}" for each in stages]


def _stage_patch(operation: str, stage: str) -> Patch:
    return {"op": operation, "path": "/apiStages", "value": stage}


class UsagePlanKey(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-usageplankey.html"""

    def create(self, context: Context, properties: Properties) -> str:
        key, plan = properties["KeyId"], properties["UsagePlanId"]
        client, physical_id = gateway(context), f"{key}:{plan}"
        if exists(client.get_usage_plan_key, usagePlanId=plan, keyId=key):
            raise AlreadyExistsError(context.type_name, physical_id)
        client.create_usage_plan_key(**arguments_of(properties, "KeyId", "KeyType", "UsagePlanId"))
        return physical_id

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_usage_plan_key(**arguments_of(properties, "KeyId", "UsagePlanId"))

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}
