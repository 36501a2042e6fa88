"""Updates of stages.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.extension.conftest import Clients
from tests.extension.live.apigateway.documents import document


@pytest.fixture
def stage(aws: Clients, name: str) -> Iterator[dict[str, str]]:
    """A stage of an API: the arguments that name it."""
    client = aws["apigateway"]
    api = client.create_rest_api(name=name)["id"]
    client.put_rest_api(restApiId=api, mode="overwrite", body=json.dumps(document("/a")))
    client.create_deployment(restApiId=api, stageName="live")
    yield {"restApiId": api, "stageName": "live"}
    client.delete_rest_api(restApiId=api)


def update(aws: Clients, stage: dict[str, str], *operations: Any) -> dict[str, Any]:
    aws["apigateway"].update_stage(**stage, patchOperations=list(operations))
    return dict(aws["apigateway"].get_stage(**stage))


def test_documentation_version(aws: Clients, stage: dict[str, str]) -> None:
    aws["apigateway"].create_documentation_version(
        restApiId=stage["restApiId"], documentationVersion="v1"
    )
    operation = {"op": "replace", "path": "/documentationVersion", "value": "v1"}
    assert update(aws, stage, operation)["documentationVersion"] == "v1"


def test_removal_of_the_settings_of_a_method(aws: Clients, stage: dict[str, str]) -> None:
    level = {"op": "replace", "path": "/~1a/GET/logging/loglevel", "value": "INFO"}
    everywhere = {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "5"}
    assert set(update(aws, stage, level, everywhere)["methodSettings"]) == {"~1a/GET", "*/*"}
    removal = {"op": "remove", "path": "/~1a/GET"}
    description = {"op": "replace", "path": "/description", "value": "other"}
    found = update(aws, stage, removal, description)
    assert set(found["methodSettings"]) == {"*/*"}
    assert found["description"] == "other"
