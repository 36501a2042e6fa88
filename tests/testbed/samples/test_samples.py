"""Sample events: their catalog, and what is filled in."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from testbed.errors import TestbedError
from testbed.samples import catalog
from testbed.samples.catalog import all_samples, find_sample
from testbed.samples.filling import Surroundings, make_event

NOW = datetime(2026, 12, 24, 12, 0, 1, 234567, UTC)
HERE = Surroundings("123456789012", "eu-west-1", "monitor", NOW)

NAMED_IN_THE_ISSUE = {"sqs", "sns", "s3", "schedule", "eventbridge", "api", "http-api"}


def made(name: str, *settings: tuple[str, str], **sources: Any) -> Any:
    return make_event(find_sample(name), settings, HERE, sources)


def test_each_file_is_in_the_index_with_the_page_of_aws() -> None:
    files = {path.stem for path in catalog._FOLDER.glob("*.json")} - {"index"}
    assert files == all_samples().keys()
    assert files >= NAMED_IN_THE_ISSUE
    for sample in all_samples().values():
        assert sample.source.startswith("https://docs.aws.amazon.com/")
        service, _, rest = sample.title.partition(": ")
        assert service
        assert rest
        assert not rest.endswith(".")


@pytest.mark.parametrize("name", all_samples())
def test_everything_is_filled_in(name: str) -> None:
    event = made(name)
    text = json.dumps(event)
    assert "${" not in text
    assert '"$json"' not in text
    assert "us-east-1" not in text
    assert "000000000000" not in text


@pytest.mark.parametrize("name", all_samples())
def test_each_variable_changes_the_event(name: str) -> None:
    sample = find_sample(name)
    for variable, value in sample.variables.items():
        other = "changed" if isinstance(value, str) else json.dumps(_other(value))
        before, after = (
            make_event(sample, settings, HERE) for settings in ((), ((variable, other),))
        )
        assert re.search("changed|471147114711", _plain(after)), variable
        assert not re.search("changed|471147114711", _plain(before))


def _other(value: Any) -> Any:
    return 471147114711 if isinstance(value, int) else {"changed": "yes"}


def _plain(event: Any) -> str:
    """Return all texts of an event, also what is encoded in them."""
    if "awslogs" in event:
        event = json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))
    text = json.dumps(event)
    if "kinesis" in text:
        text += base64.b64decode(event["Records"][0]["kinesis"]["data"]).decode()
    return text


def test_values_have_the_types_of_aws() -> None:
    [record] = made("sqs", ("body", "12"))["Records"]
    assert record["attributes"]["SentTimestamp"] == "1798113601234"
    assert record["body"] == "12"
    assert record["md5OfBody"] == hashlib.md5(b"12", usedforsecurity=False).hexdigest()
    assert record["eventSourceARN"] == "arn:aws:sqs:eu-west-1:123456789012:my-queue"
    context = made("api")["requestContext"]
    assert context["requestTimeEpoch"] == 1798113601234
    assert context["requestTime"] == "24/Dec/2026:12:00:01 +0000"
    assert made("schedule")["time"] == "2026-12-24T12:00:01Z"
    assert made("scheduler")["detail"] == "{}"
    assert made("dynamodb")["Records"][0]["dynamodb"]["ApproximateCreationDateTime"] == 1798113601


def test_nested_events() -> None:
    [record] = made("sqs-from-sns", ("message", "hi"), queue="alerts")["Records"]
    assert record["eventSourceARN"].endswith(":alerts")
    assert json.loads(record["body"])["Message"] == "hi"
    [inner] = json.loads(made("sqs-from-s3", ("key", "a b/ü.txt"))["Records"][0]["body"])["Records"]
    assert inner["s3"]["object"]["key"] == "a+b/%C3%BC.txt"
    assert made("s3-eventbridge", ("key", "a b"))["detail"]["object"]["key"] == "a b"
    assert "US East" not in json.dumps(made("alarm-sns"))
    assert 'in Europe (Ireland)"' in json.dumps(made("alarm-sns"))
    assert made("custom-resource")["ServiceToken"] == (
        "arn:aws:lambda:eu-west-1:123456789012:function:monitor"
    )


def test_settings_have_precedence_over_sources() -> None:
    assert made("schedule", rule="mine")["resources"] == [
        "arn:aws:events:eu-west-1:123456789012:rule/mine"
    ]
    assert made("schedule", ("rule", "other"), rule="mine")["resources"][0].endswith("/other")


@pytest.mark.parametrize(
    ("path", "value", "at"),
    [
        ("Records[0].messageAttributes.kind", "news", ("messageAttributes", "kind")),
        ("Records[0].messageAttributes.n", "1", ("messageAttributes", "n")),
        ('Records[0].attributes["a.b"]', "text", ("attributes", "a.b")),
    ],
)
def test_path(path: str, value: str, at: tuple[str, str]) -> None:
    [record] = made("sqs", (path, value))["Records"]
    assert record[at[0]][at[1]] == (1 if value == "1" else value)


def test_path_to_a_further_record_makes_a_batch() -> None:
    first, second = made("sqs", ("Records[1].body", "second"))["Records"]
    assert first["messageId"] != second["messageId"]
    assert second["body"] == "second"
    assert first["md5OfBody"] != second["md5OfBody"]


def test_empty_query() -> None:
    event = made("http-api", ("queryStringParameters", "{}"))
    assert event["rawQueryString"] == ""
    assert "queryStringParameters" not in event
    assert made("api", ("queryStringParameters", "{}"))["multiValueQueryStringParameters"] is None
    event = made("function-url", ("queryStringParameters", '{"a": "b c"}'))
    assert event["rawQueryString"] == "a=b+c"


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("s3", ("size", "large"), "size: 'large' is not valid JSON"),
        ("s3", ("size", "[]"), "size: '\\[\\]' is not a number"),
        ("eventbridge", ("detail", "3"), "detail: '3' is not an object in JSON"),
        ("api", ("isBase64Encoded", "1"), "'1' is not true or false"),
        ("sqs", ("Records[5].body", "x"), "there are only 1 items"),
        ("sqs", ("Records.body", "x"), "'body' is not a part of a list"),
        ("sqs", ("Records[0].body.x", "x"), "'x' is not a part of a single value"),
        ("sqs", ("Records[0", "x"), "is not a path into an event"),
        ("sqs", ("", "x"), "is not a path into an event"),
    ],
)
def test_invalid_setting(name: str, setting: tuple[str, str], message: str) -> None:
    with pytest.raises(TestbedError, match=message):
        made(name, setting)


def test_unknown_name() -> None:
    with pytest.raises(TestbedError, match="no sample event named schedul") as raised:
        find_sample("schedul")
    assert "Did you mean schedule" in raised.value.advice
