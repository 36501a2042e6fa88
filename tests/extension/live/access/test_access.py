"""A web page cannot drive LocalStack, and requests without a signature are anonymous."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests

from tests.extension.conftest import Clients, LocalStack, running_localstack
from tests.extension.emails import Mailbox
from tests.extension.lambda_functions import ROLE, FunctionFactory

LIMIT_SECONDS = 30
NAMED = "named.example"
ALLOWED = "http://allowed.example:3000"
FOREIGN = "http://attacker.example"
FOREIGN_IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
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
PATHS = [
    "/",
    "/_localstack/health",
    "/_localstack/init",
    "/_testbed/journal",
    "/_testbed/clock",
    "/_testbed/faults",
    "/_testbed/permissions",
    "/_aws/ses",
    "/_aws/sqs/messages",
    "/_aws/execute-api/any/stage/",
    "/000000000000/queue",
    "/queue/us-east-1/000000000000/queue",
    "/bucket/key",
    "/2015-03-31/functions/",
    "/no/such/path",
]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A LocalStack that enforces permissions, with a further name and a further origin."""
    folder: Path = tmp_path_factory.mktemp("guarded")
    with running_localstack(
        folder,
        ENFORCE_IAM="1",
        TESTBED_ALLOWED_HOSTS=f"{NAMED}, .below.example",
        EXTRA_CORS_ALLOWED_ORIGINS=ALLOWED,
    ) as running:
        yield running


@pytest.fixture(scope="module")
def endpoint(guarded: LocalStack) -> str:
    return guarded.endpoint


@pytest.fixture(scope="module")
def own(guarded: LocalStack) -> Clients:
    """Clients of the account itself."""
    return Clients(guarded.endpoint)


@pytest.fixture
def guarded_functions(own: Clients) -> Iterator[FunctionFactory]:
    """Makes functions with a role that there is, as Lambda requires here."""
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    own["iam"].create_role(RoleName=ROLE.split("/")[-1], AssumeRolePolicyDocument=document)
    factory = FunctionFactory(own["lambda"], own["logs"])
    yield factory
    factory.delete_all()


def ask(method: str, url: str, headers: dict[str, str], **more: Any) -> requests.Response:
    return requests.request(
        method, url, headers=headers, timeout=LIMIT_SECONDS, allow_redirects=False, **more
    )


def signed(service: str) -> dict[str, str]:
    """Return the headers of a signature that any page can make."""
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return {"Authorization": signature, "X-Amz-Date": "20260101T000000Z"}


# The Host.


@pytest.mark.parametrize("path", PATHS)
def test_host_that_others_can_point_here(endpoint: str, path: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = ask(method, endpoint + path, {"Host": "attacker.example:4566"})
        assert answer.status_code == 403, method
        assert "TESTBED_ALLOWED_HOSTS=attacker.example" in answer.json()["message"]


@pytest.mark.parametrize("host", [NAMED, "any.below.example", "localhost", "x.localhost:1"])
def test_host_that_is_allowed(endpoint: str, host: str) -> None:
    assert ask("GET", f"{endpoint}/_localstack/health", {"Host": host}).status_code == 200


def test_host_is_a_custom_domain(own: Clients, endpoint: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html"""
    name, url = "orders.example", f"{endpoint}/_localstack/health"
    assert ask("GET", url, {"Host": name}).status_code == 403
    own["apigateway"].create_domain_name(domainName=name)
    assert ask("GET", url, {"Host": name}).status_code == 200
    own["apigateway"].delete_domain_name(domainName=name)
    assert ask("GET", url, {"Host": name}).status_code == 403


def test_signed_request_to_another_host(endpoint: str) -> None:
    headers = {"Host": "attacker.example", **signed("s3")}
    assert ask("GET", f"{endpoint}/", headers).status_code == 403


@pytest.mark.parametrize("hosts", [[], ["127.0.0.1", "attacker.example"]], ids=["none", "two"])
def test_not_one_host(endpoint: str, hosts: list[str]) -> None:
    """https://www.rfc-editor.org/rfc/rfc9112.html#name-request-target"""
    address = urlsplit(endpoint)
    lines = ["GET /_localstack/health HTTP/1.0", *(f"Host: {host}" for host in hosts), "", ""]
    with socket.create_connection((address.hostname, address.port), LIMIT_SECONDS) as connection:
        connection.sendall("\r\n".join(lines).encode())
        answer = connection.makefile("rb").readline()
    assert answer.split()[1] in (b"403", b"400")


HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize("header", ["Origin", "Host"])
def test_websocket_of_a_foreign_page(endpoint: str, header: str) -> None:
    for _ in range(10):  # whether the answer had to wait was a matter of luck
        headers = HANDSHAKE | {header: {"Origin": FOREIGN, "Host": "attacker.example"}[header]}
        assert ask("GET", f"{endpoint}/_testbed/journal", headers).status_code == 403


@pytest.mark.parametrize("lacking", sorted(HANDSHAKE.keys() - {"Upgrade", "Connection"}))
def test_malformed_websocket(endpoint: str, lacking: str) -> None:
    headers = {name: value for name, value in HANDSHAKE.items() if name != lacking}
    assert ask("GET", endpoint, headers).status_code == 400
    assert ask("GET", endpoint, headers | {"Sec-WebSocket-Version": "99"}).status_code == 400


# Requests that pretend to be LocalStack's own.


@pytest.mark.parametrize(
    "said",
    ["{}", '{"service_principal":"sns"}', '{"testbed_token":""}', "{", "[]", "[" * 5000],
    ids=lambda said: said[:30],
)
@pytest.mark.parametrize(
    "path", ["/?Action=ListTopics&Version=2010-03-31", "/queue/us-east-1/000000000000/named"]
)
def test_request_that_says_it_is_internal(
    own: Clients, endpoint: str, path: str, said: str
) -> None:
    """LocalStack knows its services' calls by a header, which anybody can send."""
    own["sqs"].create_queue(QueueName="named")
    if "queue" in path:
        path += "?Action=GetQueueAttributes"
    answer = ask("GET", endpoint + path, {"x-localstack-data": said})
    assert answer.status_code == 403
    assert "MissingAuthenticationToken" in answer.text


# Pages of other origins.


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


def test_page_is_told_the_setting(endpoint: str) -> None:
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
        # It is rejected, or is a request for a stage or a function that there is not.
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


# S3.


@pytest.fixture
def bucket(own: Clients, name: str) -> str:
    """A bucket with an object, from which no public access is blocked."""
    own["s3"].create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
    own["s3"].delete_public_access_block(Bucket=name)
    own["s3"].put_object(Bucket=name, Key="a.txt", Body=b"content")
    return name


def allow_everybody(own: Clients, bucket: str, *actions: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": list(actions),
        "Resource": [f"arn:aws:s3:::{bucket}/*", f"arn:aws:s3:::{bucket}"],
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    own["s3"].put_bucket_policy(Bucket=bucket, Policy=policy)


def test_bucket_open_to_an_origin(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html"""
    allow_everybody(own, bucket, "s3:GetObject")
    rule = {"AllowedOrigins": ["http://shop.example"], "AllowedMethods": ["GET"]}
    own["s3"].put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    url = f"{endpoint}/{bucket}/a.txt"

    answer = ask("GET", url, {"Origin": "http://shop.example", "Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.text) == (200, "content")
    assert answer.headers["Access-Control-Allow-Origin"] == "http://shop.example"
    image = {**FOREIGN_IMAGE, "Referer": "http://shop.example/"}
    assert ask("GET", url, image).status_code == 200
    asked = {"Origin": "http://shop.example", "Access-Control-Request-Method": "GET"}
    assert ask("OPTIONS", url, asked).status_code == 200

    assert ask("GET", url, {"Origin": FOREIGN}).status_code == 403
    assert ask("GET", url, FOREIGN_IMAGE).status_code == 403
    form = {"Origin": "http://shop.example", **signed("s3")}
    assert ask("PUT", url, form, data=b"other").status_code == 403
    answer = ask("OPTIONS", url, {**asked, "Origin": FOREIGN})
    assert answer.status_code == 403
    assert "CORSResponse" in answer.text


def test_bucket_without_rules(own: Clients, endpoint: str, bucket: str) -> None:
    allow_everybody(own, bucket, "s3:GetObject")
    assert ask("GET", f"{endpoint}/{bucket}/a.txt", {"Origin": FOREIGN}).status_code == 403
    assert ask("GET", f"{endpoint}/{bucket}/a.txt", {}).status_code == 200


def test_public_bucket(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html"""
    url = f"{endpoint}/{bucket}/a.txt"
    answer = ask("GET", url, {})
    assert (answer.status_code, "<Code>AccessDenied</Code>" in answer.text) == (403, True)
    allow_everybody(own, bucket, "s3:GetObject")
    assert ask("GET", url, {}).text == "content"
    assert ask("PUT", url, {}, data=b"other").status_code == 403
    # Who may not list the bucket is not told what is missing.
    assert ask("GET", f"{url}.missing", {}).status_code == 403
    allow_everybody(own, bucket, "s3:GetObject", "s3:ListBucket")
    assert ask("GET", f"{url}.missing", {}).status_code == 404
    block = {"RestrictPublicBuckets": True}
    own["s3"].put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert ask("GET", url, {}).status_code == 403


def test_public_object(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html"""
    url = f"{endpoint}/{bucket}/a.txt"
    own["s3"].put_object_acl(Bucket=bucket, Key="a.txt", ACL="public-read")
    assert ask("GET", url, {}).text == "content"
    assert ask("GET", f"{endpoint}/{bucket}", {}).status_code == 403
    own["s3"].put_bucket_acl(Bucket=bucket, ACL="public-read")
    assert ask("GET", f"{endpoint}/{bucket}", {}).status_code == 200
    block = {"IgnorePublicAcls": True}
    own["s3"].put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert ask("GET", url, {}).status_code == 403


def test_website_is_open_to_pages(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteHosting.html"""
    allow_everybody(own, bucket, "s3:GetObject")
    website = {"IndexDocument": {"Suffix": "a.txt"}}
    own["s3"].put_bucket_website(Bucket=bucket, WebsiteConfiguration=website)
    host = {"Host": f"{bucket}.s3-website.localhost.localstack.cloud", "Origin": FOREIGN}
    answer = ask("GET", f"{endpoint}/", host)
    assert (answer.status_code, answer.text) == (200, "content")


def test_presigned_url_and_form(own: Clients, endpoint: str, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html"""
    arguments = {"Bucket": bucket, "Key": "a.txt"}
    link = own["s3"].generate_presigned_url("get_object", Params=arguments)
    assert ask("GET", link, {}).text == "content"
    form = own["s3"].generate_presigned_post(bucket, "b.txt")
    files = {"file": b"uploaded"}
    assert ask("POST", form["url"], {}, data=form["fields"], files=files).status_code == 204
    assert own["s3"].get_object(Bucket=bucket, Key="b.txt")["Body"].read() == b"uploaded"
    unsigned = ask("POST", form["url"], {}, data={"key": "c.txt"}, files=files)
    assert unsigned.status_code == 403


# Requests without a signature.


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "code"),
    [
        pytest.param(
            "GET", "/?Action=ListQueues", {}, "", "MissingAuthenticationToken", id="query, GET"
        ),
        pytest.param(
            "POST",
            "/",
            {"Content-Type": "application/x-www-form-urlencoded"},
            "Action=ListTopics&Version=2010-03-31",
            "MissingAuthenticationToken",
            id="query, POST",
        ),
        pytest.param(
            "POST",
            "/",
            {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"},
            "{}",
            "MissingAuthenticationTokenException",
            id="JSON",
        ),
        pytest.param(
            "GET",
            "/2015-03-31/functions/",
            {},
            "",
            "MissingAuthenticationTokenException",
            id="REST",
        ),
        pytest.param(
            "POST",
            "/service/GraniteServiceVersion20100801/operation/ListMetrics",
            {"Smithy-Protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"},
            b"\xbf\xff",
            "MissingAuthenticationTokenException",
            id="CBOR",
        ),
        pytest.param("GET", "/some-bucket", {}, "", "AccessDenied", id="S3"),
        pytest.param(
            "GET",
            "/?Action=GetCallerIdentity&Version=2011-06-15",
            {},
            "",
            "MissingAuthenticationToken",
            id="what every signature may do",
        ),
    ],
)
def test_without_signature(
    endpoint: str, method: str, path: str, headers: dict[str, str], body: Any, code: str
) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    answer = ask(method, endpoint + path, headers, data=body)
    # Services that spoke Query before have status 400 for all the client's errors in JSON and CBOR.
    is_newer_protocol = "X-Amz-Target" in headers or "Smithy-Protocol" in headers
    assert answer.status_code == (400 if is_newer_protocol else 403)
    assert code.encode() in answer.content


def test_incomplete_signature(endpoint: str) -> None:
    """https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html"""
    for authorization in ("AWS4-HMAC-SHA256 garbage", "Bearer token", "Basic eDp5"):
        headers = {"Authorization": authorization}
        answer = ask("GET", f"{endpoint}/?Action=ListTopics", headers)
        assert answer.status_code == 400
        assert "<Code>IncompleteSignature</Code>" in answer.text
        assert "requires 'Credential' parameter." in answer.text


def test_operation_that_requires_no_signature(endpoint: str) -> None:
    """https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""
    query = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": "arn:aws:iam::000000000000:role/any",
        "RoleSessionName": "any",
        "WebIdentityToken": "token",
    }
    answer = ask("GET", f"{endpoint}/?{urlencode(query)}", {})
    assert "MissingAuthenticationToken" not in answer.text


def test_queue_that_is_open_to_everybody(own: Clients, name: str) -> None:
    queue = own["sqs"].create_queue(QueueName=name)["QueueUrl"]
    send = f"{queue}?Action=SendMessage&MessageBody=hello"
    assert ask("GET", send, {}).status_code == 403
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    own["sqs"].set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    assert ask("GET", send, {}).status_code == 200
    assert ask("GET", f"{queue}?Action=ReceiveMessage", {}).status_code == 403
    assert own["sqs"].receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "hello"


def test_policy_that_is_none_does_not_break_requests(own: Clients, endpoint: str) -> None:
    own["s3"].create_bucket(Bucket="broken-policy")
    own["s3"].delete_public_access_block(Bucket="broken-policy")
    own["s3"].put_bucket_policy(Bucket="broken-policy", Policy='{"Statement": [{"Effect": 1}]}')
    assert ask("GET", f"{endpoint}/broken-policy", {}).status_code == 403


# API stages and function URLs.


def stage_of(own: Clients, endpoint: str, name: str, authorization: str) -> str:
    """Deploy an API that answers by itself, and return its address."""
    client = own["apigateway"]
    api = client.create_rest_api(name=name)
    method = {
        "restApiId": api["id"],
        "resourceId": api["rootResourceId"],
        "httpMethod": "GET",
    }
    client.put_method(**method, authorizationType=authorization)
    templates = {"application/json": '{"statusCode": 200}'}
    client.put_integration(**method, type="MOCK", requestTemplates=templates)
    client.put_method_response(**method, statusCode="200")
    client.put_integration_response(**method, statusCode="200")
    client.create_deployment(restApiId=api["id"], stageName="test")
    return str(api["id"])


def test_stage_is_open_to_pages(own: Clients, endpoint: str, name: str) -> None:
    api = stage_of(own, endpoint, name, "NONE")
    for path in (f"/_aws/execute-api/{api}/test/", f"/restapis/{api}/test/_user_request_/"):
        assert ask("GET", endpoint + path, {"Origin": FOREIGN}).status_code == 200
        assert ask("GET", endpoint + path, LINK).status_code == 200
        assert ask("GET", endpoint + path, FOREIGN_IMAGE).status_code == 200
    host = {"Host": f"{api}.execute-api.localhost.localstack.cloud", "Origin": FOREIGN}
    assert ask("GET", f"{endpoint}/test/", host).status_code == 200


def test_method_that_requires_a_signature(own: Clients, endpoint: str, name: str) -> None:
    """https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html"""
    api = stage_of(own, endpoint, name, "AWS_IAM")
    url = f"{endpoint}/_aws/execute-api/{api}/test/"
    answer = ask("GET", url, {})
    assert answer.status_code == 403
    assert answer.json() == {"message": "Missing Authentication Token"}
    assert ask("GET", url, signed("execute-api")).status_code == 200


def test_function_urls(own: Clients, endpoint: str, guarded_functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"""
    answers = {}
    for auth_type in ("NONE", "AWS_IAM"):
        function = guarded_functions("def handler(event, context): return 'done'")
        made = own["lambda"].create_function_url_config(
            FunctionName=function.name, AuthType=auth_type
        )
        host = {"Host": made["FunctionUrl"].split("/")[2], "Origin": FOREIGN}
        answers[auth_type] = (
            ask("GET", endpoint, host),
            ask("GET", endpoint, host | signed("lambda")),
        )
    unsigned, with_signature = answers["AWS_IAM"]
    assert (unsigned.status_code, unsigned.json()) == (403, {"Message": "Forbidden"})
    assert [each.status_code for each in (*answers["NONE"], with_signature)] == [200, 200, 200]


# Malformed requests, one of each kind; test_hostile_requests.py has many.


def test_message_attribute_without_data_type(own: Clients, endpoint: str, name: str) -> None:
    topic = own["sns"].create_topic(Name=name)["TopicArn"]
    form = {
        "Action": "Publish",
        "Version": "2010-03-31",
        "TopicArn": topic,
        "Message": "hello",
        "MessageAttributes.entry.1.Name": "a",
        "MessageAttributes.entry.1.Value.StringValue": "b",
    }
    answer = ask("POST", endpoint, signed("sns"), data=form)
    assert answer.status_code == 400
    assert "<Code>ValidationError</Code>" in answer.text
    assert "messageAttributes.a.member.dataType" in answer.text


@pytest.mark.parametrize(
    ("service", "target", "body", "code"),
    [
        ("sqs", "AmazonSQS.SendMessage", '{"QueueUrl": ', "SerializationException"),
        ("sqs", "AmazonSQS.SendMessage", '{"QueueUrl": 5, "MessageBody": "a"}', "Serialization"),
        ("sqs", "AmazonSQS.SendMessage", "{}", "MissingParameter"),
        ("sqs", "AmazonSQS.Nope", "{}", "UnknownOperationException"),
        ("events", "AWSEvents.PutRule", "{}", "ValidationException"),
        ("events", "AWSEvents.PutEvents", '{"Entries": [{"Detail": "\\ud800"}]}', "Serialization"),
    ],
)
def test_malformed_json(endpoint: str, service: str, target: str, body: str, code: str) -> None:
    version = "1.0" if service == "sqs" else "1.1"
    headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
    answer = ask("POST", endpoint, headers | signed(service), data=body)
    assert answer.status_code == 400
    assert code in answer.json()["__type"]


@pytest.mark.parametrize("body", [b"\xff", b'{"a":' * 20_000, b'{"seconds": 1e999}', b"[]"])
def test_malformed_bodies_of_our_endpoints(endpoint: str, body: bytes) -> None:
    for method, path in (("PUT", "/_testbed/faults"), ("POST", "/_testbed/clock/advance")):
        assert ask(method, endpoint + path, {}, data=body).status_code in (400, 401, 403), path


# Without permissions.


@pytest.mark.parametrize("path", ["/moto-api/reset", "/health", "/2021-10-31/functions/x/url"])
def test_what_nobody_serves_is_not_found(endpoint: str, path: str) -> None:
    answer = requests.post(f"{endpoint}{path}", timeout=LIMIT_SECONDS)
    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


def test_rules_hold_also_without_permissions(localstack_endpoint: str) -> None:
    """Of this LocalStack ENFORCE_IAM is not set."""
    url = f"{localstack_endpoint}/?Action=ListQueues"
    assert ask("GET", url, {}).status_code == 200
    for headers in ({"Host": "attacker.example"}, {"Origin": FOREIGN}, FOREIGN_IMAGE):
        assert ask("GET", url, headers).status_code == 403
        assert ask("GET", url, headers | signed("sqs")).status_code == 403
