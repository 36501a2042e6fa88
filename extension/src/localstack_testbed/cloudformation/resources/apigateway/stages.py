"""Deployments and stages of REST APIs, and the settings of the account for them."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from localstack_testbed.cloudformation.resources.apigateway.calls import (
    NOT_YET,
    Patch,
    arguments_of,
    escaped,
    gateway,
    remove,
    replace,
    set_tags,
)
from localstack_testbed.cloudformation.resources.helpers import (
    NOT_HERE,
    changed,
    exists,
    part,
    tag_map,
)
from localstack_testbed.cloudformation.resources.model import (
    Context,
    Properties,
    ResourceError,
    ResourceType,
    is_missing,
)

# The properties of a stage's method setting, and the paths of UpdateStage.
# https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
_METHOD_SETTINGS = {
    "CacheDataEncrypted": "caching/dataEncrypted",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled",
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}


class _StageSettings:
    """The settings of a stage, which Stage and Deployment (StageDescription) have."""

    def __init__(self, client: Any, rest_api_id: str, stage_name: str) -> None:
        self._client = client
        self._stage = {"restApiId": rest_api_id, "stageName": stage_name}

    def set(self, properties: Mapping[str, Any], deployment_id: str | None) -> None:
        """Bring the stage to these settings; what is absent gets its default."""
        current = self._client.get_stage(**self._stage)
        # Each part by itself: LocalStack ends a call at a removal.
        for patches in (
            self._simple(properties, deployment_id),
            self._variables(current, properties),
            # All of them, as a setting that is absent would keep its value.
            *([remove(f"/{name}")] for name in current.get("methodSettings") or ()),
            list(self._methods(properties)),
        ):
            if patches:
                self._client.update_stage(**self._stage, patchOperations=patches)
        self.set_canary(properties.get("CanarySetting"))

    def _simple(self, properties: Mapping[str, Any], deployment_id: str | None) -> list[Patch]:
        deployment = [replace("/deploymentId", deployment_id)] if deployment_id else []
        cached = properties.get("CacheClusterEnabled", False)
        size = [replace("/cacheClusterSize", properties.get("CacheClusterSize", "0.5"))]
        return [
            *deployment,
            replace("/description", properties.get("Description", "")),
            replace("/tracingEnabled", properties.get("TracingEnabled", False)),
            replace("/documentationVersion", properties.get("DocumentationVersion", "")),
            replace("/cacheClusterEnabled", cached),
            *(size if cached or properties.get("CacheClusterSize") else []),
        ]

    def _variables(self, current: Mapping[str, Any], properties: Mapping[str, Any]) -> list[Patch]:
        wanted = properties.get("Variables") or {}
        present = current.get("variables") or {}
        return [
            *(replace(f"/variables/{name}", value) for name, value in wanted.items()),
            *(remove(f"/variables/{name}") for name in present if name not in wanted),
        ]

    def _methods(self, properties: Mapping[str, Any]) -> Iterator[Patch]:
        for setting in properties.get("MethodSettings") or ():
            path = setting.get("ResourcePath", "/*")
            resource = "*" if path == "/*" else escaped(path)
            method = setting.get("HttpMethod", "*")
            for name, place in _METHOD_SETTINGS.items():
                if setting.get(name) is not None:
                    yield replace(f"/{resource}/{method}/{place}", setting[name])

    def set_canary(self, canary: Mapping[str, Any] | None) -> None:
        """Bring the stage's canary to these settings, or remove it."""
        former = self._client.get_stage(**self._stage).get("canarySettings") or {}
        if canary:
            patches = self._canary(former, canary)
        else:
            patches = [remove("/canarySettings")] if former else []
        if patches:
            self._client.update_stage(**self._stage, patchOperations=patches)

    def _canary(self, former: Mapping[str, Any], canary: Mapping[str, Any]) -> list[Patch]:
        overrides = canary.get("StageVariableOverrides") or {}
        place = "/canarySettings/stageVariableOverrides"
        deployment = canary.get("DeploymentId")
        return [
            *([replace("/canarySettings/deploymentId", deployment)] if deployment else []),
            replace("/canarySettings/percentTraffic", canary.get("PercentTraffic", 0.0)),
            replace("/canarySettings/useStageCache", canary.get("UseStageCache", False)),
            *(replace(f"{place}/{name}", value) for name, value in overrides.items()),
            *(
                remove(f"{place}/{name}")
                for name in former.get("stageVariableOverrides") or ()
                if name not in overrides
            ),
        ]


def _as_properties(stage: Mapping[str, Any]) -> Properties:
    """Return the settings of a stage that GetStage describes, as a template has them."""
    general = ("Description", "TracingEnabled", "DocumentationVersion", "Variables")
    cache = ("CacheClusterEnabled", "CacheClusterSize")
    methods = []
    for place, described in (stage.get("methodSettings") or {}).items():
        path, _, method = place.rpartition("/")
        where = "/*" if path == "*" else path.replace("~1", "/").replace("~0", "~")
        found = _given(described, *_METHOD_SETTINGS)
        methods.append({"ResourcePath": where, "HttpMethod": method, **found})
    return {
        **_given(stage, *general, *cache),
        "MethodSettings": methods,
        "CanarySetting": _canary_setting(stage),
    }


def _canary_setting(stage: Mapping[str, Any]) -> Properties:
    names = ("DeploymentId", "PercentTraffic", "StageVariableOverrides", "UseStageCache")
    return _given(stage.get("canarySettings") or {}, *names)


def _given(answer: Mapping[str, Any], *names: str) -> Properties:
    """Return these properties from an answer of the API."""
    keys = {name: f"{name[0].lower()}{name[1:]}" for name in names}
    return {name: answer[key] for name, key in keys.items() if answer.get(key) is not None}


def _unsupported_stage(properties: Mapping[str, Any], prefix: str = "") -> str | None:
    if properties.get("AccessLogSetting"):
        return f"{prefix}AccessLogSetting {NOT_YET}: access logs are not written"
    if properties.get("ClientCertificateId"):
        return (
            f"{prefix}ClientCertificateId {NOT_HERE}: integrations are called without a certificate"
        )
    return None


class Stage(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-stage.html"""

    name_property = "StageName"

    def create(self, context: Context, properties: Properties) -> str:
        client, rest_api_id = gateway(context), properties["RestApiId"]
        # The schema does not require it, API Gateway does.
        if not properties.get("DeploymentId"):
            raise ResourceError("DeploymentId is required")
        name: str = properties.get("StageName") or context.generated_name(64).replace("-", "_")
        client.create_stage(
            restApiId=rest_api_id,
            stageName=name,
            deploymentId=properties["DeploymentId"],
            tags=tag_map(properties),
        )
        context.created(name)
        _StageSettings(client, rest_api_id, name).set(properties, None)
        set_tags(context, f"/restapis/{rest_api_id}/stages/{name}", {}, properties)
        return name

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        if not new.get("DeploymentId"):
            raise ResourceError("DeploymentId is required")
        rest_api_id = new["RestApiId"]
        stage = _StageSettings(gateway(context), rest_api_id, physical_id)
        stage.set(new, new["DeploymentId"])
        set_tags(context, f"/restapis/{rest_api_id}/stages/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_stage(restApiId=properties["RestApiId"], stageName=physical_id)

    def unsupported(self, properties: Properties) -> str | None:
        return _unsupported_stage(properties)


class Deployment(ResourceType):
    """A deployment, and the stage that it makes or moves to itself if it names one.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-deployment.html
    """

    def __init__(self) -> None:
        # What a stage was before a deployment took it, to which it returns if that one is deleted.
        self._former: dict[str, Mapping[str, Any]] = {}

    def create(self, context: Context, properties: Properties) -> str:
        deployment_id: str = gateway(context).create_deployment(
            **arguments_of(properties, "RestApiId", "Description")
        )["id"]
        context.created(deployment_id)
        self._set_stage(context, deployment_id, properties)
        return deployment_id

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        client = gateway(context)
        client.update_deployment(
            restApiId=new["RestApiId"],
            deploymentId=physical_id,
            patchOperations=[replace("/description", new.get("Description", ""))],
        )
        if changed(old, new, "StageName", "StageDescription"):
            self._set_stage(context, physical_id, new)
        if old.get("StageName") and changed(old, new, "StageName"):
            self._leave_stage(client, physical_id, old)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        client = gateway(context)
        if properties.get("StageName"):
            self._leave_stage(client, physical_id, properties)
        client.delete_deployment(restApiId=properties["RestApiId"], deploymentId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"DeploymentId": physical_id}

    def unsupported(self, properties: Properties) -> str | None:
        return _unsupported_stage(part(properties, "StageDescription"), "StageDescription.")

    def _set_stage(self, context: Context, deployment_id: str, properties: Properties) -> None:
        name = properties.get("StageName")
        if not name:
            return
        client, rest_api_id = gateway(context), properties["RestApiId"]
        stage = {"restApiId": rest_api_id, "stageName": name}
        described = properties.get("StageDescription") or {}
        canary = properties.get("DeploymentCanarySettings")
        present = exists(client.get_stage, **stage)
        if canary and not present:
            raise ResourceError(
                "Invalid deployment content specified.Stage non-existing must already be created "
                "before making a canary release deployment"
            )
        if not present:
            client.create_stage(**stage, deploymentId=deployment_id)
        else:
            former = client.get_stage(**stage)
            canary_setting = _canary_setting(former)
            if deployment_id not in (former["deploymentId"], canary_setting.get("DeploymentId")):
                self._former[deployment_id] = former
        stage_settings = _StageSettings(client, rest_api_id, name)
        if canary:
            stage_settings.set_canary({**canary, "DeploymentId": deployment_id})
        elif described or not present:
            stage_settings.set(_with_method_settings(described), deployment_id)
        else:
            client.update_stage(**stage, patchOperations=[replace("/deploymentId", deployment_id)])
        set_tags(context, f"/restapis/{rest_api_id}/stages/{name}", {}, described)

    def _leave_stage(self, client: Any, deployment_id: str, properties: Properties) -> None:
        """Return the stage to what it was before it had this deployment, or delete it."""
        rest_api_id, name = properties["RestApiId"], properties["StageName"]
        stage = {"restApiId": rest_api_id, "stageName": name}
        try:
            current = client.get_stage(**stage)
        except ClientError as error:
            if is_missing(error):
                return
            raise
        former = self._former.pop(deployment_id, {})
        stage_settings = _StageSettings(client, rest_api_id, name)
        if current["deploymentId"] == deployment_id:
            if self._is_there(client, rest_api_id, former.get("deploymentId")):
                stage_settings.set(_as_properties(former), former["deploymentId"])
            else:
                client.delete_stage(**stage)
        elif _canary_setting(current).get("DeploymentId") == deployment_id:
            canary = _canary_setting(former)
            known = self._is_there(client, rest_api_id, canary.get("DeploymentId"))
            stage_settings.set_canary(canary if known else None)

    def _is_there(self, client: Any, rest_api_id: str, deployment_id: str | None) -> bool:
        # GetDeployment fails with an internal error if it is not.
        pages = client.get_paginator("get_deployments").paginate(restApiId=rest_api_id)
        return any(each["id"] == deployment_id for page in pages for each in page["items"])


def _with_method_settings(described: Mapping[str, Any]) -> Properties:
    """Return a StageDescription whose settings of all methods are method settings."""
    general = {name: described[name] for name in _METHOD_SETTINGS if name in described}
    if not general:
        return dict(described)
    methods = described.get("MethodSettings") or []
    everything = {"ResourcePath": "/*", "HttpMethod": "*", **general}
    return {**described, "MethodSettings": [everything, *methods]}


class Account(ResourceType):
    """API Gateway's settings of an account; deleting the resource leaves them as they are.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html
    """

    def create(self, context: Context, properties: Properties) -> str:
        self._set(context, properties)
        return context.generated_name(64)

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        self._set(context, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        return

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"Id": physical_id}

    def _set(self, context: Context, properties: Properties) -> None:
        role = properties.get("CloudWatchRoleArn", "")
        gateway(context).update_account(patchOperations=[replace("/cloudwatchRoleArn", role)])


class ClientCertificate(ResourceType):
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-clientcertificate.html"""

    def create(self, context: Context, properties: Properties) -> str:
        made = gateway(context).generate_client_certificate(
            **arguments_of(properties, "Description"), tags=tag_map(properties)
        )
        certificate: str = made["clientCertificateId"]
        context.created(certificate)
        set_tags(context, f"/clientcertificates/{certificate}", {}, properties)
        return certificate

    def update(
        self, context: Context, physical_id: str, old: Properties, new: Properties
    ) -> str | None:
        gateway(context).update_client_certificate(
            clientCertificateId=physical_id,
            patchOperations=[replace("/description", new.get("Description", ""))],
        )
        set_tags(context, f"/clientcertificates/{physical_id}", old, new)
        return None

    def delete(self, context: Context, physical_id: str, properties: Properties) -> None:
        gateway(context).delete_client_certificate(clientCertificateId=physical_id)

    def attributes(
        self, context: Context, physical_id: str, properties: Properties
    ) -> dict[str, Any]:
        return {"ClientCertificateId": physical_id}
