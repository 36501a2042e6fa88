"""Templates like those of AWS's guides: they deploy, work, change and go.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-sample-templates.html
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
from localstack_testbed.cloudformation.template.document import parse

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import deployed
from tests.extension.stacks import parameters

FOLDER = Path(__file__).parent / "pipelines"
LIMIT_SECONDS = 20


def pipeline(name: str) -> dict[str, Any]:
    return dict(parse((FOLDER / f"{name}.yaml").read_text()))


def received(aws: Clients, queue: str) -> Callable[[], str | None]:
    def body() -> str | None:
        answer = aws["sqs"].receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        return next((each["Body"] for each in answer.get("Messages", ())), None)

    return body


def test_a_fan_out(aws: Clients, name: str) -> None:
    aws["ssm"].put_parameter(Name=name, Value="5", Type="String")
    with deployed(aws, pipeline("fanout"), name=name, Parameters=parameters(Limit=name)) as stack:
        outputs = stack.outputs()
        aws["sns"].publish(
            TopicArn=outputs["Topic"],
            Message="hello",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "order"}},
        )

        def processed() -> bool:
            events = aws["logs"].filter_log_events(logGroupName=f"/aws/lambda/{name}-processor")
            return any("processed 1 shop" in each["message"] for each in events["events"])

        until(processed, within=LIMIT_SECONDS, what="the function's log")
        before = stack.physical_ids()
        values = parameters(Limit=name, Environment="prod", AlarmEmail="me@shop.example")
        assert stack.update(pipeline("fanout"), Parameters=values) == "UPDATE_COMPLETE"
        after = stack.physical_ids()
        assert after.keys() - before.keys() == {"Dashboard"}
        assert {key: after[key] for key in before} == before
        configuration = aws["lambda"].get_function_configuration(FunctionName=outputs["Function"])
        assert configuration["MemorySize"] == 512
        assert configuration["Environment"]["Variables"]["LIMIT"] == "5"
    aws["ssm"].delete_parameter(Name=name)


def test_uploads(aws: Clients) -> None:
    s3 = aws["s3"]
    with deployed(aws, pipeline("upload")) as stack:
        ids = stack.physical_ids()
        s3.put_object(Bucket=ids["Bucket"], Key="a.png", Body=b"")
        message = until(
            received(aws, ids["Failed"]), within=LIMIT_SECONDS, what="message of the rule"
        )
        assert message == '"a.png"'

        assert stack.delete() == "DELETE_FAILED"
        assert stack.first_failure() == "Bucket"
        for each in s3.list_object_versions(Bucket=ids["Bucket"])["Versions"]:
            s3.delete_object(Bucket=ids["Bucket"], Key="a.png", VersionId=each["VersionId"])


def test_an_api_that_writes_to_a_queue(aws: Clients, localstack_endpoint: str) -> None:
    with deployed(aws, pipeline("rest")) as stack:
        outputs = stack.outputs()
        url = f"{localstack_endpoint}/_aws/execute-api/{outputs['Api']}/v1/orders"
        key = aws["apigateway"].get_api_key(apiKey=outputs["Key"], includeValue=True)["value"]

        def post(content: Any, **headers: str) -> requests.Response:
            return requests.post(url, json=content, headers=headers, timeout=LIMIT_SECONDS)

        denied = post({"id": 1})
        assert (denied.status_code, denied.headers["Access-Control-Allow-Origin"]) == (403, "*")
        assert post({"a": 1}, **{"x-api-key": key}).status_code == 400
        assert post({"id": 1}, **{"x-api-key": key}).json() == {"accepted": True}
        message = until(received(aws, outputs["Queue"]), within=LIMIT_SECONDS, what="message")
        assert message == '{"id": 1}'
        assert requests.get(f"{url}/7", timeout=LIMIT_SECONDS).json() == {"id": "7"}
