"""Requests to S3 and their responses, as boto3 sends and parses them."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from monitoring.clients import CONFIG
from monitoring.storage import Conflict, Documents, Unchanged


@pytest.fixture
def client() -> Any:
    return boto3.client(
        "s3",
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        config=CONFIG,
    )


@pytest.mark.parametrize(
    ("replacing", "condition"), [(None, {"IfNoneMatch": "*"}), ('"1"', {"IfMatch": '"1"'})]
)
def test_every_write_is_conditional(
    client: Any, replacing: str | None, condition: dict[str, str]
) -> None:
    expected = {
        "Bucket": "bucket",
        "Key": "key",
        "Body": '{"word": "größer"}'.encode(),
        "ContentType": "application/json",
        **condition,
    }
    with Stubber(client) as stub:
        stub.add_response("put_object", {"ETag": '"2"'}, expected)

        assert Documents(client, "bucket").put("key", {"word": "größer"}, replacing=replacing) == (
            '"2"'
        )


@pytest.mark.parametrize(
    ("code", "status"),
    [("PreconditionFailed", 412), ("ConditionalRequestConflict", 409), ("NoSuchKey", 404)],
)
def test_a_write_that_conflicts(client: Any, code: str, status: int) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("put_object", code, http_status_code=status)

        with pytest.raises(Conflict):
            Documents(client, "bucket").put("key", {}, replacing='"1"')


def test_other_errors_pass(client: Any) -> None:
    documents = Documents(client, "bucket")
    with Stubber(client) as stub:
        stub.add_client_error("put_object", "AccessDenied", http_status_code=403)
        stub.add_client_error("get_object", "AccessDenied", http_status_code=403)

        with pytest.raises(ClientError, match="AccessDenied"):
            documents.put("key", {}, replacing=None)
        with pytest.raises(ClientError, match="AccessDenied"):
            documents.get("key")


def test_reading(client: Any) -> None:
    documents = Documents(client, "bucket")
    with Stubber(client) as stub:
        stub.add_client_error("get_object", "NoSuchKey", http_status_code=404)
        stub.add_client_error(
            "get_object",
            "304",
            http_status_code=304,
            expected_params={"Bucket": "bucket", "Key": "key", "IfNoneMatch": '"1"'},
        )

        assert documents.get("key") is None
        with pytest.raises(Unchanged):
            documents.read("key", known='"1"')


def test_listing(client: Any) -> None:
    with Stubber(client) as stub:
        stub.add_response(
            "list_objects_v2",
            {"IsTruncated": False},
            {"Bucket": "bucket", "Prefix": "incidents/", "StartAfter": "", "MaxKeys": ANY},
        )

        assert list(Documents(client, "bucket").keys("incidents/")) == []
