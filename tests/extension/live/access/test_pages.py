"""Web pages of other origins cannot drive LocalStack."""

import json
import re
from urllib.parse import urlencode

import pytest

from tests.extension.conftest import Clients
from tests.extension.emails import Mailbox
from tests.extension.live.access.http import (
    ALLOWED,
    FOREIGN,
    FOREIGN_IMAGE,
    LINK,
    PATHS,
    ask,
    signed,
)

TEMPLATE = json.dumps({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}})
CREATE_STACK = "/?" + urlencode(
    {
        "Action": "CreateStack",
        "Version": "2010-05-15",
        "StackName": "planted",
        "TemplateBody": TEMPLATE,
    }
)
SIGNED_IN_URL = "&X-Amz-Credential=test%2F20260101%2Fus-east-1%2Fcloudformation%2Faws4_request"
SIGNED_IN_URL += "&X-Amz-Signature=0"


@pytest.mark.parametrize("signature", ["", SIGNED_IN_URL])
@pytest.mark.parametrize("kind", [FOREIGN_IMAGE, LINK], ids=["image", "link"])
def test_page_cannot_create_a_stack(
    own: Clients, endpoint: str, kind: dict[str, str], signature: str
) -> None:
    assert ask("GET", endpoint + CREATE_STACK + signature, kind).status_code == 403
    assert own["cloudformation"].describe_stacks()["Stacks"] == []


def test_page_cannot_post_a_signed_form(own: Clients, endpoint: str) -> None:
    queue = own["sqs"].create_queue(QueueName="form")["QueueUrl"]
    form = {"Action": "SendMessage", "MessageBody": "hello"}
    answer = ask("POST", queue, {"Origin": FOREIGN, **signed("sqs")}, data=form)
    assert answer.status_code == 403
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Messages" not in own["sqs"].receive_message(QueueUrl=queue)


@pytest.mark.parametrize("path", PATHS)
def test_page_on_another_port(endpoint: str, path: str) -> None:
    if "execute-api" not in path:
        headers = {"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}
        assert ask("GET", endpoint + path, headers).status_code == 403


def test_rejection_names_the_setting(endpoint: str) -> None:
    answer = ask("GET", endpoint, {"Origin": FOREIGN})
    assert "EXTRA_CORS_ALLOWED_ORIGINS" in answer.json()["message"]


@pytest.mark.parametrize("origin", ["https://app.localstack.cloud", "file://", "null"])
def test_no_foreign_origin_is_built_in(endpoint: str, origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    answer = ask("OPTIONS", f"{endpoint}/", asked)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_own_page_and_allowed_page(own: Clients, endpoint: str) -> None:
    own["sqs"].create_queue(QueueName="of-pages")
    for origin in (endpoint, ALLOWED):
        asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = ask("OPTIONS", f"{endpoint}/", asked)
        assert preflight.status_code == 204
        assert preflight.headers["Access-Control-Allow-Origin"] == origin
        answer = ask("GET", f"{endpoint}/?Action=ListQueues", {"Origin": origin, **signed("sqs")})
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize("path", ["/_aws/ses", "/_testbed/journal", "/_localstack/health"])
def test_host_of_a_stage_opens_nothing_else(endpoint: str, path: str) -> None:
    for host in ("x.execute-api.localhost", "x.lambda-url.us-east-1.localhost"):
        answer = ask("GET", endpoint + path, {"Host": host, "Origin": FOREIGN})
        # It is rejected, or is a request for a stage or a function that does not exist.
        assert answer.status_code in (403, 404)
        assert answer.json().keys() <= {"message", "Message"}


def test_queue_at_the_host_of_a_stage(own: Clients, endpoint: str) -> None:
    queue = own["sqs"].create_queue(QueueName="at-stage")["QueueUrl"]
    headers = {"Host": "x.execute-api.localhost", "Origin": FOREIGN, **signed("sqs")}
    path = "/000000000000/at-stage?Action=SendMessage&MessageBody=hello"
    assert ask("GET", endpoint + path, headers).status_code in (403, 404)
    assert "Messages" not in own["sqs"].receive_message(QueueUrl=queue)


def test_link_in_an_email(own: Clients, endpoint: str, name: str) -> None:
    """https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html"""
    mailbox = Mailbox(endpoint, f"{name}@example.com")
    topic = own["sns"].create_topic(Name=name)["TopicArn"]
    own["sns"].subscribe(TopicArn=topic, Protocol="email", Endpoint=mailbox.address)
    [email] = mailbox.wait_for(1)
    found = re.search(r"http\S+ConfirmSubscription\S+", email["Body"]["text_part"])
    assert found
    assert ask("GET", found[0], FOREIGN_IMAGE).status_code == 403
    assert ask("GET", f"{found[0]}&Action=ListTopics", LINK).status_code == 403
    assert ask("GET", found[0], LINK).status_code == 200
    [subscription] = own["sns"].list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert subscription["SubscriptionArn"].startswith(topic)


def test_rules_apply_without_permissions(localstack_endpoint: str) -> None:
    """This LocalStack runs without ENFORCE_IAM."""
    url = f"{localstack_endpoint}/?Action=ListQueues"
    assert ask("GET", url, {}).status_code == 200
    for headers in ({"Host": "attacker.example"}, {"Origin": FOREIGN}, FOREIGN_IMAGE):
        assert ask("GET", url, headers).status_code == 403
        assert ask("GET", url, headers | signed("sqs")).status_code == 403
