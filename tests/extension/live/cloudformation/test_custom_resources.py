"""Custom resources, behind which there is a function or a topic.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref.html
"""

import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.live.cloudformation.deploying import Deployed, deployed
from tests.extension.live.cloudformation.templates import (
    ROLE,
    failing,
    function,
    parameter,
    queue,
    topic,
)

PROVIDER = """
import json, os, boto3, cfnresponse

def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["REQUESTS"], MessageBody=json.dumps(event))
    properties = event["ResourceProperties"]
    if properties.get("Crash"):
        raise ValueError("out of order")
    status = cfnresponse.FAILED if properties.get("Fail") else cfnresponse.SUCCESS
    data = {"Up": properties.get("Word", "").upper()}
    hidden = "Hidden" in properties
    thing = properties.get("Id", "thing")
    cfnresponse.send(event, context, status, data, thing, noEcho=hidden, reason="no luck")
"""


def template(**properties: Any) -> dict[str, Any]:
    provider = function(PROVIDER, {"Fn::GetAtt": ["Role", "Arn"]})
    provider["Properties"]["Environment"] = {"Variables": {"REQUESTS": {"Ref": "Requests"}}}
    thing = {"ServiceToken": {"Fn::GetAtt": ["Provider", "Arn"]}, **properties}
    return {
        "Resources": {
            "Role": ROLE,
            "Requests": queue(),
            "Provider": provider,
            "Thing": {"Type": "Custom::Thing", "Properties": thing},
        },
        "Outputs": {
            "Up": {"Value": {"Fn::GetAtt": ["Thing", "Up"]}},
            "Id": {"Value": {"Ref": "Thing"}},
        },
    }


@pytest.fixture
def stack(aws: Clients, name: str) -> Iterator[Deployed]:
    with deployed(aws, template(Word="hello"), name) as made:
        yield made


def requests(aws: Clients, stack: Deployed) -> list[dict[str, Any]]:
    """Return the requests that the function received since the last call."""
    url = stack.physical_ids()["Requests"]
    found = []
    while (
        messages := aws["sqs"]
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60)
        .get("Messages")
    ):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def test_creation(aws: Clients, stack: Deployed) -> None:
    assert stack.outputs() == {"Up": "HELLO", "Id": "thing"}
    [request] = requests(aws, stack)
    assert request["RequestType"] == "Create"
    assert request["ResourceType"] == "Custom::Thing"
    assert request["LogicalResourceId"] == "Thing"
    assert request["StackId"] == stack.id
    assert request["ResourceProperties"]["Word"] == "hello"
    assert "PhysicalResourceId" not in request


def test_values_with_no_echo_are_not_shown(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html"""
    body = template(Word="the answer", Hidden="yes")
    body["Resources"]["Copy"] = parameter({"Fn::Sub": "It is ${Thing.Up}"})
    with deployed(aws, body, name) as stack:
        copy = aws["ssm"].get_parameter(Name=stack.physical_ids()["Copy"])["Parameter"]
        assert copy["Value"] == "It is THE ANSWER"
        assert "THE ANSWER" not in str(stack.events())


def test_update(aws: Clients, stack: Deployed) -> None:
    requests(aws, stack)

    stack.update(template(Word="bye", Number=5, Flag=True))

    assert stack.outputs()["Up"] == "BYE"
    [request] = requests(aws, stack)
    assert request["RequestType"] == "Update"
    assert request["PhysicalResourceId"] == "thing"
    assert request["OldResourceProperties"]["Word"] == "hello"
    # Custom resources get text only.
    assert request["ResourceProperties"]["Number"] == "5"
    assert request["ResourceProperties"]["Flag"] == "true"


def test_an_update_with_another_id_replaces_the_resource(aws: Clients, stack: Deployed) -> None:
    requests(aws, stack)

    stack.update(template(Word="hello", Id="other"))

    assert stack.physical_ids()["Thing"] == "other"
    kinds = [(each["RequestType"], each["PhysicalResourceId"]) for each in requests(aws, stack)]
    assert kinds == [("Update", "thing"), ("Delete", "thing")]


def test_deletion(aws: Clients, name: str) -> None:
    with deployed(aws, {"Resources": {"Requests": queue()}}, f"{name}-queue") as outside:
        url = outside.physical_ids()["Requests"]
        body = template(Word="hello")
        del body["Resources"]["Requests"]
        variables = body["Resources"]["Provider"]["Properties"]["Environment"]["Variables"]
        variables["REQUESTS"] = url
        with deployed(aws, body, name):
            requests(aws, outside)
        [request] = requests(aws, outside)
        assert (request["RequestType"], request["PhysicalResourceId"]) == ("Delete", "thing")


def test_the_log_of_a_deletion_is_kept(aws: Clients, stack: Deployed) -> None:
    """The function and its role are deleted right after it has answered."""
    provider = stack.physical_ids()["Provider"]
    assert stack.delete() == "DELETE_COMPLETE"
    found = aws["logs"].filter_log_events(logGroupName=f"/aws/lambda/{provider}")["events"]
    assert len([each for each in found if each["message"].startswith("START ")]) == 2


def test_a_response_of_failure_fails_the_update(aws: Clients, stack: Deployed) -> None:
    assert stack.update(template(Word="bye", Fail="yes")) == "UPDATE_ROLLBACK_COMPLETE"

    assert "Received response status [FAILED] from custom resource" in stack.report()
    assert "no luck" in stack.report()
    assert stack.outputs()["Up"] == "HELLO"


def test_a_function_that_crashes_fails_the_update_at_once(aws: Clients, stack: Deployed) -> None:
    assert stack.update(template(Crash="yes")) == "UPDATE_ROLLBACK_COMPLETE"

    assert "out of order" in stack.report()
    crashed = [
        each for each in requests(aws, stack) if each["ResourceProperties"].get("Crash") == "yes"
    ]
    assert len(crashed) == 3


def test_an_unknown_attribute_of_the_response(aws: Clients, stack: Deployed) -> None:
    body = template(Word="bye")
    body["Outputs"]["Up"]["Value"] = {"Fn::GetAtt": ["Thing", "Down"]}

    assert stack.update(body) == "UPDATE_ROLLBACK_COMPLETE"

    reason = stack.last_operation()[-1]
    assert stack.status() == "UPDATE_ROLLBACK_COMPLETE", reason


def test_a_topic_as_provider(aws: Clients, name: str) -> None:
    subscription = {
        "Type": "AWS::SNS::Subscription",
        "Properties": {
            "Protocol": "sqs",
            "TopicArn": {"Ref": "Topic"},
            "Endpoint": {"Fn::GetAtt": ["Requests", "Arn"]},
            "RawMessageDelivery": True,
        },
    }
    policy = {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": "Requests"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "sns.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": {"Fn::GetAtt": ["Requests", "Arn"]},
                    }
                ],
            },
        },
    }
    base = {
        "Topic": topic(),
        "Requests": queue(),
        "Subscription": subscription,
        "Policy": policy,
    }
    thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Ref": "Topic"}}}
    with deployed(aws, {"Resources": base}, name) as stack:
        stack.client.update_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": {**base, "Thing": thing}})
        )
        [request] = until(lambda: requests(aws, stack), within=20, what="request")
        answer(request, PhysicalResourceId="from-a-person")
        assert stack.settled() == "UPDATE_COMPLETE", stack.report()
        assert stack.physical_ids()["Thing"] == "from-a-person"

        stack.client.update_stack(StackName=name, TemplateBody=json.dumps({"Resources": base}))
        [request] = until(lambda: requests(aws, stack), within=20, what="request")
        assert request["RequestType"] == "Delete"
        answer(request, PhysicalResourceId="from-a-person")
        assert stack.settled() == "UPDATE_COMPLETE"


def answer(request: dict[str, Any], **rest: Any) -> None:
    """Answer a request of a custom resource as a person would."""
    names = ("StackId", "RequestId", "LogicalResourceId")
    body = {"Status": "SUCCESS", **{name: request[name] for name in names}, **rest}
    send(request, json.dumps(body).encode())


def send(request: dict[str, Any], body: bytes) -> None:
    put = Request(request["ResponseURL"], data=body, method="PUT")
    with urlopen(put, timeout=10) as response:
        assert response.status == 200


class Person:
    """A stack whose custom resources send their requests to a queue, for a person to answer."""

    def __init__(self, aws: Clients, name: str) -> None:
        self.aws = aws
        self.topic = aws["sns"].create_topic(Name=name)["TopicArn"]
        self.queue = aws["sqs"].create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:{self.topic.split(':')[4]}:{name}"
        aws["sns"].subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
        )
        self.stack = Deployed(aws, name)

    def begin(self, **resources: Any) -> None:
        thing = {"Type": "Custom::Thing", "Properties": {"ServiceToken": self.topic}}
        body = json.dumps({"Resources": {"Thing": thing, **resources}})
        made = self.stack.client.create_stack(StackName=self.stack.name, TemplateBody=body)
        self.stack.id = made["StackId"]

    def next_request(self) -> dict[str, Any]:
        def received() -> Any:
            return self.aws["sqs"].receive_message(QueueUrl=self.queue).get("Messages")

        [message] = until(received, within=20, what="request")
        handle = message["ReceiptHandle"]
        self.aws["sqs"].delete_message(QueueUrl=self.queue, ReceiptHandle=handle)
        return dict(json.loads(message["Body"]))


@pytest.fixture
def person(aws: Clients, name: str) -> Iterator[Person]:
    person = Person(aws, name)
    yield person
    aws["sns"].delete_topic(TopicArn=person.topic)
    aws["sqs"].delete_queue(QueueUrl=person.queue)


def test_what_was_not_answered_is_deleted(person: Person) -> None:
    """https://repost.aws/knowledge-center/cloudformation-lambda-resource-delete"""
    person.begin()
    created = person.next_request()
    person.stack.client.delete_stack(StackName=person.stack.name)

    request = person.next_request()
    answer(request, PhysicalResourceId=request["PhysicalResourceId"])
    assert person.stack.settled() == "DELETE_COMPLETE"

    assert request["RequestType"] == "Delete"
    assert request["PhysicalResourceId"].startswith(f"{person.stack.name[:20]}")
    assert "Resource creation cancelled" in person.stack.report()
    # Too late, and ignored as on AWS.
    answer(created, PhysicalResourceId="late")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"garbage", "Response is not a valid JSON object"),
        (b"[" * 4000, "Response is not a valid JSON object"),
        (b"{" + b" " * 5000 + b"}", "Response object is too long"),
        ({"Status": "FAILURE"}, "'FAILURE' is not a valid ResponseStatus"),
        ({"Status": ["SUCCESS"]}, "is not a valid ResponseStatus"),
        ({"RequestId": "another"}, "RequestId must be that of the request"),
        ({"StackId": None}, "StackId must be that of the request"),
        ({"PhysicalResourceId": None}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": 5}, "Invalid PhysicalResourceId"),
        ({"PhysicalResourceId": "x" * 1025}, "Invalid PhysicalResourceId"),
        ({"Data": "text"}, "Data is not a JSON object"),
    ],
)
def test_invalid_answers(person: Person, body: bytes | dict[str, Any], reason: str) -> None:
    person.begin()
    request = person.next_request()
    if isinstance(body, bytes):
        send(request, body)
    else:
        answer(request, **{"PhysicalResourceId": "thing", **body})

    deletion = person.next_request()
    answer(deletion, PhysicalResourceId=deletion["PhysicalResourceId"])

    assert person.stack.settled() == "ROLLBACK_COMPLETE"
    assert reason in person.stack.report()
    person.stack.delete()


def test_a_property_is_no_attribute(person: Person) -> None:
    person.begin(Url=parameter({"Fn::GetAtt": ["Thing", "ServiceToken"]}))
    answer(person.next_request(), PhysicalResourceId="thing")
    answer(person.next_request(), PhysicalResourceId="thing")

    assert person.stack.settled() == "ROLLBACK_COMPLETE"
    assert "Vendor response doesn't contain ServiceToken attribute" in person.stack.report()
    person.stack.delete()


def test_a_rollback_asks_the_provider_to_update_back(aws: Clients, stack: Deployed) -> None:
    requests(aws, stack)

    body = template(Word="bye", Id="other")
    body["Resources"]["Failing"] = failing("Thing")
    assert stack.update(body) == "UPDATE_ROLLBACK_COMPLETE"

    found = [
        (each["RequestType"], each["PhysicalResourceId"], each["ResourceProperties"]["Word"])
        for each in requests(aws, stack)
    ]
    assert found == [
        ("Update", "thing", "bye"),
        ("Update", "other", "hello"),
        ("Delete", "other", "bye"),
    ]
    assert stack.physical_ids()["Thing"] == "thing"


def test_a_function_that_crashes_is_asked_to_delete(aws: Clients, name: str) -> None:
    stack = Deployed(aws, name)

    assert stack.create(template(Crash="yes")) == "ROLLBACK_FAILED"

    assert "out of order" in stack.report()
    kinds = [each["RequestType"] for each in requests(aws, stack)]
    assert kinds == ["Create"] * 3 + ["Delete"] * 3
    assert stack.delete() == "DELETE_FAILED"
    stack.client.delete_stack(StackName=name, RetainResources=["Thing"])
    assert stack.settled() == "DELETE_COMPLETE"
