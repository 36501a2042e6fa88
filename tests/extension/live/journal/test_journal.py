"""The journal: its entries, and the chains that their ids make."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from localstack_testbed.journal.definition import FIELDS, KINDS, REPORT

from testbed.control.journal import Journal, JournalEntry
from testbed.errors import StartError
from testbed.machine.waiting import until
from testbed.trace.chains import Step, find_chains
from tests.extension.conftest import Clients, running_localstack
from tests.extension.emails import Mailbox
from tests.extension.events import Events
from tests.extension.faults import FaultRules
from tests.extension.lambda_functions import FunctionFactory
from tests.extension.scheduling import Clock, Queue

LIMIT = 20.0

IDLE = """
    def handler(event, context):
        print("hello")
        return event
"""

CALLING = """
    import boto3
    sqs = boto3.client("sqs")
    def handler(event, context):
        sqs.send_message(QueueUrl="{url}", MessageBody="hello")
"""

FAILING = """
    def handler(event, context):
        raise ValueError("not today")
"""


class Book:
    """The journal since the start of a test."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.journal = Journal(endpoint)
        self.start = self.journal.position()

    def entries(self, *kinds: str) -> list[JournalEntry]:
        entries = self.journal.entries(self.start, kinds)
        for entry in entries:
            assert_defined(entry)
        return entries

    def await_entry(self, kind: str, **fields: Any) -> JournalEntry:
        """Wait for an entry with these fields."""

        def found() -> JournalEntry | None:
            for entry in self.entries(kind):
                if all(entry[name] == value for name, value in fields.items()):
                    return entry
            return None

        entry = until(found, within=LIMIT, what=f"journal entry {kind} {fields}")
        assert entry is not None
        return entry

    def await_chain(self, identity: str, *steps: str) -> Step:
        """Wait until the chain of an id has these paths; return its root."""

        def found() -> Step | None:
            roots = find_chains(self.entries(), identity)
            return next((root for root in roots if set(steps) <= set(paths(root))), None)

        root = until(found, within=LIMIT, what=f"chain of {identity} with {', '.join(steps)}")
        assert root is not None
        return root


def assert_defined(entry: JournalEntry) -> None:
    """Check an entry against the definition of its kind."""
    kind = KINDS[entry.kind]["fields"]
    assert entry.fields.keys() <= FIELDS.keys() | kind.keys()
    for name in {"status", "action"} & kind.keys() & entry.fields.keys():
        if isinstance(value := entry[name], str) and "`" in kind[name]:
            assert f"`{value}`" in kind[name]
    assert (entry["report"] or {}).keys() <= REPORT.keys()


def paths(step: Step, above: str = "") -> Iterator[str]:
    """Yield the path to each step, such as ``Publish/delivery/SendMessage/sent``."""
    entry = step.entry
    name = {"api": "operation", "queue": "action"}.get(entry.kind)
    path = f"{above}{entry[name] if name else entry.kind}"
    yield path
    for after in step.children:
        yield from paths(after, f"{path}/")


@pytest.fixture
def book(localstack_endpoint: str) -> Book:
    return Book(localstack_endpoint)


def test_call_says_what_was_asked_of_whom_and_how_it_ended(
    aws: Clients, book: Book, name: str
) -> None:
    answer = aws["s3"].create_bucket(Bucket=name)
    entry = book.await_entry("api", operation="CreateBucket", resource=name)
    assert (entry["service"], entry["status"], entry["caller"]) == ("s3", 200, "clients")
    assert (entry["account"], entry["region"]) == ("000000000000", "us-east-1")
    assert entry.id == answer["ResponseMetadata"]["RequestId"]
    assert entry["ms"] > 0

    with pytest.raises(aws["sqs"].exceptions.QueueDoesNotExist):
        aws["sqs"].get_queue_url(QueueName=name)
    failed = book.await_entry("api", operation="GetQueueUrl")
    assert (failed["status"], failed["error"]) == (400, "QueueDoesNotExist")
    assert "does not exist" in failed["message"]
    aws["s3"].delete_bucket(Bucket=name)


def test_invocation_has_the_figures_of_its_report(functions: FunctionFactory, book: Book) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    function = functions(IDLE, MemorySize=256)
    cold, warm = function.invoke(), function.invoke()
    first = book.await_entry("invocation", id=cold.request_id)
    assert (first["resource"], first["status"], first["version"]) == (
        function.name, "success", "$LATEST",
    )  # fmt: skip
    report = first["report"]
    assert f"Duration: {report['duration_ms']:.2f} ms" in cold.tail
    assert f"Billed Duration: {report['billed_ms']:.0f} ms" in cold.tail
    assert f"Max Memory Used: {report['memory_used_mb']:.0f} MB" in cold.tail
    assert f"Init Duration: {report['init_ms']:.2f} ms" in cold.tail
    assert report["memory_mb"] == 256
    assert "init_ms" not in book.await_entry("invocation", id=warm.request_id)["report"]


def test_json_report_has_the_same_figures(functions: FunctionFactory, book: Book) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html"""
    function = functions(IDLE, LoggingConfig={"LogFormat": "JSON"})
    entry = book.await_entry("invocation", id=function.invoke().request_id)
    assert entry["report"].keys() == {
        "duration_ms", "billed_ms", "memory_mb", "memory_used_mb", "init_ms",
    }  # fmt: skip


def test_failed_and_throttled_invocations_have_their_errors(
    aws: Clients, functions: FunctionFactory, book: Book
) -> None:
    function = functions(FAILING)
    failed = book.await_entry("invocation", id=function.invoke().request_id)
    assert (failed["status"], failed["error"], failed["message"]) == (
        "error", "ValueError", "not today",
    )  # fmt: skip
    aws["lambda"].put_function_concurrency(
        FunctionName=function.name, ReservedConcurrentExecutions=0
    )
    with pytest.raises(aws["lambda"].exceptions.TooManyRequestsException):
        function.invoke()
    throttled = book.await_entry("api", operation="Invoke", status=429)
    assert throttled["error"] == "TooManyRequestsException"
    invocation = book.await_entry("invocation", id=throttled.id, status="throttled")
    assert invocation["error"] == "TooManyRequestsException"


def test_call_of_a_function_follows_from_its_invocation(
    functions: FunctionFactory, queue: Queue, book: Book
) -> None:
    function = functions(CALLING.format(url=queue.url))
    request = function.invoke().request_id
    root = book.await_chain(request, "Invoke/invocation/SendMessage/sent")
    [sent] = [step.entry for step in root.walk() if step.entry["operation"] == "SendMessage"]
    assert sent["caller"] == function.name
    assert sent["role"] == "arn:aws:iam::000000000000:role/lambda"
    # The SDK passes the trace on:
    # https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    [invocation] = [step.entry for step in root.walk() if step.entry.kind == "invocation"]
    assert sent.trace == invocation.trace == root.entry.trace


def test_chain_from_a_topic_through_a_queue_to_a_function_and_by_email(
    aws: Clients, functions: FunctionFactory, queue: Queue, book: Book, name: str
) -> None:
    function = functions(IDLE)
    mapping = aws["lambda"].create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=queue.arn
    )["UUID"]
    topic = aws["sns"].create_topic(Name=name)["TopicArn"]
    aws["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    mailbox = Mailbox(book.endpoint, f"{name}@example.com")
    mailbox.subscribe(aws["sns"], topic)
    message = aws["sns"].publish(TopicArn=topic, Message="hello", Subject="news")["MessageId"]
    root = book.await_chain(
        message,
        "Publish/delivery/SendMessage/sent/received/invocation",
        "Publish/delivery/SendMessage/sent/deleted",
        "Publish/delivery/email",
    )
    assert message in root.entry.makes
    [email] = [step.entry for step in root.walk() if step.entry.kind == "email"]
    assert (email["to"], email["subject"]) == ([mailbox.address], "news")
    deliveries = [step.entry for step in root.walk() if step.entry.kind == "delivery"]
    assert {each["resource"] for each in deliveries} == {queue.arn, mailbox.address}
    assert {(each["source"], each["attempt"], each["status"]) for each in deliveries} == {
        (topic, 1, "delivered")
    }
    aws["lambda"].delete_event_source_mapping(UUID=mapping)


def test_chain_from_an_asynchronous_invocation(
    aws: Clients, functions: FunctionFactory, book: Book
) -> None:
    request = Events(aws, functions(IDLE)).send({})
    root = book.await_chain(request, "Invoke/invocation")
    assert (root.entry.id, root.entry["status"]) == (request, 202)
    assert root.entry.trace == root.children[0].entry.trace


def test_chain_from_an_event_to_a_function(
    aws: Clients, functions: FunctionFactory, book: Book, name: str
) -> None:
    function = functions(IDLE)
    aws["events"].put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    aws["events"].put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function.arn}])
    answer = aws["events"].put_events(
        Entries=[{"Source": name, "DetailType": "test", "Detail": "{}"}]
    )
    book.await_chain(answer["Entries"][0]["EventId"], "PutEvents/delivery/Invoke/invocation")
    aws["events"].remove_targets(Rule=name, Ids=["1"])
    aws["events"].delete_rule(Name=name)


@pytest.mark.parametrize("constant", [None, "{}"])
def test_chain_from_a_rule_that_is_fired(
    aws: Clients,
    functions: FunctionFactory,
    book: Book,
    name: str,
    localstack_endpoint: str,
    constant: str | None,
) -> None:
    """An event of the rule, or a constant input, in which there is no id to find."""
    function = functions(IDLE)
    arn = aws["events"].put_rule(Name=name, ScheduleExpression="rate(1 day)")["RuleArn"]
    target = {"Id": "1", "Arn": function.arn} | ({"Input": constant} if constant else {})
    aws["events"].put_targets(Rule=name, Targets=[target])
    Clock(localstack_endpoint).fire(arn)
    firing = book.await_entry("schedule", resource=arn)
    book.await_chain(firing.id, "schedule/delivery/Invoke/invocation")
    aws["events"].remove_targets(Rule=name, Ids=["1"])
    aws["events"].delete_rule(Name=name)


@pytest.mark.parametrize("constant", [None, "{}"])
def test_chain_from_a_schedule_that_is_fired(
    aws: Clients,
    functions: FunctionFactory,
    book: Book,
    name: str,
    localstack_endpoint: str,
    constant: str | None,
) -> None:
    function = functions(IDLE)
    target = {"Arn": function.arn, "RoleArn": "arn:aws:iam::000000000000:role/schedule"}
    arn = aws["scheduler"].create_schedule(
        Name=name,
        ScheduleExpression="at(2099-01-01T00:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target | ({"Input": constant} if constant else {}),
    )["ScheduleArn"]
    Clock(localstack_endpoint).fire(arn)
    firing = book.await_entry("schedule", resource=arn)
    book.await_chain(firing.id, "schedule/delivery/Invoke/invocation")
    aws["scheduler"].delete_schedule(Name=name)


def test_chain_from_an_api_to_a_queue_without_a_function(
    aws: Clients, queue: Queue, book: Book, name: str, localstack_endpoint: str
) -> None:
    """https://docs.aws.amazon.com/prescriptive-guidance/latest/patterns/integrate-amazon-api-gateway-with-amazon-sqs-to-handle-asynchronous-rest-apis.html"""
    apis = aws["apigateway"]
    api = apis.create_rest_api(name=name)["id"]
    [root] = apis.get_resources(restApiId=api)["items"]
    method = {"restApiId": api, "resourceId": root["id"], "httpMethod": "POST"}
    apis.put_method(**method, authorizationType="NONE")
    apis.put_integration(
        **method,
        type="AWS",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:us-east-1:sqs:path/000000000000/{name}",
        credentials="arn:aws:iam::000000000000:role/api",
        requestParameters={
            "integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"
        },
        requestTemplates={"application/json": "Action=SendMessage&MessageBody=$input.body"},
    )
    apis.put_method_response(**method, statusCode="200")
    apis.put_integration_response(**method, statusCode="200")
    apis.create_deployment(restApiId=api, stageName="v1")
    url = f"{localstack_endpoint}/_aws/execute-api/{api}/v1/"
    requests.post(url, json={"a": 1}, timeout=LIMIT).raise_for_status()
    request = book.await_entry("api", service="execute-api")
    book.await_chain(request.id, "POST //SendMessage/sent")
    apis.delete_rest_api(restApiId=api)


def test_message_is_visible_again_and_then_dead_lettered(
    aws: Clients, queue: Queue, book: Book, name: str
) -> None:
    """It keeps its id there.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    dead_letters = Queue.create(aws["sqs"], f"{name}-dlq")
    policy = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": 1}
    aws["sqs"].set_queue_attributes(
        QueueUrl=queue.url, Attributes={"RedrivePolicy": json.dumps(policy)}
    )
    sent = aws["sqs"].send_message(QueueUrl=queue.url, MessageBody="hello")["MessageId"]
    [message] = aws["sqs"].receive_message(QueueUrl=queue.url)["Messages"]
    aws["sqs"].change_message_visibility(
        QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
    )
    assert "Messages" not in aws["sqs"].receive_message(QueueUrl=queue.url)
    book.await_chain(
        sent,
        "SendMessage/sent/received",
        "SendMessage/sent/returned",
        "SendMessage/sent/dead-lettered/sent",
    )
    moved = [entry for entry in book.entries("queue") if entry["resource"] == f"{name}-dlq"]
    assert [(entry["action"], entry.id) for entry in moved] == [("sent", sent)]
    aws["sqs"].delete_queue(QueueUrl=dead_letters.url)


def test_fault_is_in_the_chain(
    aws: Clients, faults: FaultRules, queue: Queue, book: Book, name: str
) -> None:
    rule = faults.put(
        "error", "sqs", code="ServiceUnavailable", resource=name, caller="clients", next=1
    )
    with pytest.raises(aws["sqs"].exceptions.ClientError):
        aws["sqs"].send_message(QueueUrl=queue.url, MessageBody="hello")
    entry = book.await_entry("fault", rule=rule)
    call = book.await_entry("api", operation="SendMessage", error="ServiceUnavailable")
    assert entry.causes == (call.id,)
    assert call["status"] == 503


def test_polls_for_functions_add_no_entries(
    aws: Clients, functions: FunctionFactory, queue: Queue, book: Book, name: str
) -> None:
    function = functions(IDLE)
    mapping = aws["lambda"].create_event_source_mapping(
        FunctionName=function.name, EventSourceArn=queue.arn
    )["UUID"]
    aws["sqs"].send_message(QueueUrl=queue.url, MessageBody="hello")
    book.await_entry("queue", action="deleted", resource=name)
    operations = {entry["operation"] for entry in book.entries("api")}
    assert operations.isdisjoint({"ReceiveMessage", "DeleteMessageBatch", "PutLogEvents"})
    aws["lambda"].delete_event_source_mapping(UUID=mapping)


def test_reader_chooses_kinds_and_how_many(
    aws: Clients, queue: Queue, book: Book, name: str
) -> None:
    for _ in range(3):
        aws["sqs"].send_message(QueueUrl=queue.url, MessageBody="hello")
    ours = [entry for entry in book.entries("queue") if entry["resource"] == name]
    assert [entry["action"] for entry in ours] == ["sent"] * 3
    assert book.journal.entries(ours[0].position - 1, ["queue"], limit=1)[0].position >= (
        ours[-1].position
    )
    assert all(
        entry.position > ours[1].position for entry in book.journal.entries(ours[1].position)
    )


def test_reader_waits_for_the_next_entry(aws: Clients, queue: Queue, book: Book, name: str) -> None:
    followed = book.journal.follow(book.journal.position(), ["queue"])
    aws["sqs"].send_message(QueueUrl=queue.url, MessageBody="hello")
    assert next(entry for entry in followed if entry["resource"] == name)["action"] == "sent"


@pytest.mark.parametrize("query", ["since=yesterday", "limit=-1", "wait=long"])
def test_invalid_query_is_rejected(localstack_endpoint: str, query: str) -> None:
    response = requests.get(f"{localstack_endpoint}/_testbed/journal?{query}", timeout=LIMIT)
    assert response.status_code == 400
    assert "is not an integer" in response.text


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A LocalStack that keeps few entries, and its folder."""
    folder = tmp_path_factory.mktemp("small")
    with running_localstack(
        folder, TESTBED_JOURNAL_ENTRIES="10", TESTBED_JOURNAL_BYTES="4000"
    ) as localstack:
        yield localstack.endpoint, folder


def test_memory_and_files_are_limited(small: tuple[str, Path]) -> None:
    endpoint, folder = small
    sqs, journal = Clients(endpoint)["sqs"], Journal(endpoint)
    for _ in range(30):
        sqs.list_queues()
    kept = journal.entries()
    assert len(kept) == 10
    assert kept[-1].position == journal.position()

    def files() -> list[Path]:
        return sorted((folder / "var/lib/localstack/logs").glob("journal.ndjson*"))

    def written() -> list[dict[str, Any]]:
        return [json.loads(line) for path in files() for line in path.read_text().splitlines()]

    last = kept[-1].position
    until(
        lambda: last in [line["position"] for line in written()],
        within=LIMIT,
        what=f"entry {last} in the file",
    )
    # A batch of entries is written at once, and only then is the file found to be full.
    assert len(files()) <= 2
    assert sum(path.stat().st_size for path in files()) < 30_000


def test_journal_can_be_switched_off(tmp_path: Path) -> None:
    with running_localstack(tmp_path, TESTBED_JOURNAL="0") as localstack:
        Clients(localstack.endpoint)["sqs"].list_queues()
        response = requests.get(f"{localstack.endpoint}/_testbed/journal", timeout=LIMIT)
        assert response.status_code == 404
    assert not list(tmp_path.rglob("journal.ndjson"))


def test_bad_limit_ends_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartError), running_localstack(tmp_path, TESTBED_JOURNAL_BYTES="0"):
        pass
    assert "TESTBED_JOURNAL_BYTES=0 is invalid" in (tmp_path / "localstack.log").read_text()
