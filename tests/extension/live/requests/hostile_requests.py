"""Malformed and extreme HTTP requests to LocalStack, made from AWS's own API models.

Each begins as an SDK would send it, with parameters of any type, length and content, and then most
are damaged: cut, replaced, or with other headers. They are restricted to what the extension's code
is on the way of. Left out is what LocalStack's own services, and its HTTP server, are known to fail
of: see ``_UNTOUCHED`` and ``HEADER_BYTES``.
"""

import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import botocore.session
from botocore.serialize import create_serializer

# The operations that the extension's code handles.
OPERATIONS = {
    "sns": "CreateTopic Publish PublishBatch Subscribe Unsubscribe ConfirmSubscription "
    "ListSubscriptionsByTopic GetTopicAttributes SetTopicAttributes ListTopics",
    "sqs": "SendMessage SendMessageBatch ReceiveMessage DeleteMessage DeleteMessageBatch "
    "GetQueueAttributes SetQueueAttributes ListQueues GetQueueUrl ChangeMessageVisibility",
    "lambda": "CreateFunction UpdateFunctionConfiguration Invoke GetFunction ListFunctions "
    "PutFunctionEventInvokeConfig CreateEventSourceMapping UpdateEventSourceMapping "
    "CreateFunctionUrlConfig",
    "events": "PutRule PutTargets PutEvents ListRules DescribeRule DeleteRule EnableRule",
    "scheduler": "CreateSchedule UpdateSchedule GetSchedule ListSchedules DeleteSchedule",
    "s3": "PutObject GetObject HeadObject ListObjectsV2 ListBuckets DeleteObject DeleteObjects "
    "CopyObject PutBucketPolicy PutBucketCors",
    "iam": "PutRolePolicy GetRole ListRoles",
    "sts": "AssumeRole GetCallerIdentity",
    "cloudwatch": "DescribeAlarms DescribeAlarmsForMetric DeleteAlarms",
    "logs": "CreateLogGroup PutLogEvents GetLogEvents FilterLogEvents",
    "cloudformation": "DescribeStacks ListStacks GetTemplate CreateStack UpdateStack DeleteStack "
    "CreateChangeSet DescribeChangeSet DescribeStackEvents DescribeStackResources ListExports "
    "GetTemplateSummary ValidateTemplate SetStackPolicy",
    "ses": "SendEmail",
}
# Tokens and sizes of pages, an account, and grants, which LocalStack uses without a check;
# conditions of S3, some of which it answers with 501, as AWS does; and a length that is not the
# content's.
_UNTOUCHED = {
    "NextToken",
    "nextToken",
    "Marker",
    "ContinuationToken",
    "MaxItems",
    "MaxResults",
    "Limit",
    "limit",
    "position",
    "QueueOwnerAWSAccountId",
    "IfMatch",
    "IfNoneMatch",
    "ContentLength",
    "GrantFullControl",
    "GrantRead",
    "GrantReadACP",
    "GrantWriteACP",
    "IfMatchLastModifiedTime",
    "IfMatchSize",
}
# Moto repeats their parameters in XML, which cannot have all characters.
_IN_XML = {"iam", "ses", "sts"}
# LocalStack's server closes the connection of a request with more, without an answer.
HEADER_BYTES = 12_000
_RAW_PATHS = (
    "/",
    "/_testbed/faults",
    "/_testbed/faults/x",
    "/_testbed/journal",
    "/_testbed/clock",
    "/_testbed/clock/advance",
    "/_testbed/schedules/fire",
    "/_testbed/permissions",
    "/000000000000/{name}",
    "/queue/us-east-1/000000000000/{name}",
    "/{name}/key",
    "/_aws/execute-api/{name}/test/path",
    "/restapis/{name}/test/_user_request_/path",
    "/2015-03-31/functions/{name}/invocations",
    "/service/GraniteServiceVersion20100801/operation/PutMetricData",
)
_CHARACTERS = string.ascii_letters + string.digits + string.punctuation + " \t\r\n"
_TEXTS = (
    "",
    " ",
    "x",
    "\0",
    "\r\n",
    "é",
    "\U0001f600",
    "null",
    "-1",
    "1e400",
    "arn:",
    "arn:aws:sqs:us-east-1:000000000000:x",
    "arn:::::::::::",
    "arn:aws:sns:us-east-1:nobody:x",
    "arn:aws:sns:nowhere:000000000000:x",
    "arn:aws:sns:us-east-1:nobody:x:y",
    "arn:aws:lambda:nowhere:000000000000:function:x",
    "arn:aws:iam::nobody:role/x",
    "arn:nowhere:iam::000000000000:role/x",
    "arn:aws:s3:::",
    "../../etc/passwd",
    "${jndi:ldap://x}",
    "{}",
    "[]",
    '{"a":',
    "{" * 5000,
    "[" * 100_000,
    "x" * 300,
    "x" * 70_000,
    "rate(0 minutes)",
    "cron(* * * * ? 99999)",
    "*",
    "%00%ff",
    "a,b;c=d",
)
_NUMBERS = (-1, 0, 1, 2, 10, 1000, 2**31, -(2**31), 2**63, 10**40)
_STRANGE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**400,
    "",
    "x",
    [],
    {},
    [None],
    {"a": None},
    [[]],
)
_HEADERS = {
    "Host": ("", "evil.example", "localhost", "127.0.0.1:x", "a@b", "[::1]", "x" * 3000, "\xff"),
    "Origin": ("null", "http://evil.example", "://", "http://[", "\xff", "x" * 3000),
    "Referer": ("http://[::1", "x", "http://evil.example/"),
    "Sec-Fetch-Site": ("cross-site", "none", "", "\xff"),
    "Authorization": (
        "",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 garbage",
        "AWS4-HMAC-SHA256 Credential=/////, SignedHeaders=a, Signature=b",
        "AWS4-HMAC-SHA256 Credential=x/20200101/\\g<9>/sqs/a, SignedHeaders=, Signature=",
        "AWS x:y",
        "Bearer x",
        "Basic \xff",
    ),
    "Content-Type": (
        "",
        "application/json; charset=utf-16",
        "application/x-amz-json-1.0",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        "application/cbor",
        "text/xml",
        "\xff",
    ),
    "X-Amz-Target": ("", ".", "AmazonSQS.", "AWSEvents.PutEvents"),
    "Smithy-Protocol": ("rpc-v2-cbor", "nope"),
    "X-Amzn-Trace-Id": ("Root", "Root=;Root=", "=", ";;;", "Root=1-x;Sampled=\xff"),
    "x-localstack-data": ("{", "[]", "null", "\xff"),
    "Content-Encoding": ("gzip", "aws-chunked", "nope"),
    "Expect": ("100-continue",),
    "X-Amz-Date": ("", "never"),
    "Range": ("bytes=", "bytes=5-1", "lines=1-2"),
}


@dataclass
class HostileRequest:
    """One request; headers and body are sent as they are."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def __str__(self) -> str:
        return f"{self.method} {self.path[:200]} {self.headers} {self.body[:300]!r}"


class Generator:
    """Makes requests, the same ones for the same seed.

    Parameters
    ----------
    names
        What there is in LocalStack, by the parameters that name it.
    access_keys
        Those that requests are signed with; some have no signature.
    """

    def __init__(self, seed: int, names: dict[str, str], access_keys: list[str]) -> None:
        self._random = random.Random(seed)  # noqa: S311
        self._names = names
        self._access_keys = access_keys
        self._session = botocore.session.get_session()
        self._models: dict[str, Any] = {}

    def requests(self, count: int) -> Iterator[HostileRequest]:
        """Yield ``count`` requests."""
        while count:
            raw = self._random.random() < 0.2
            request = self._raw() if raw else self._damaged(self._call())
            if len(request.path) + len(str(request.headers)) < HEADER_BYTES:
                count -= 1
                yield request

    def _call(self) -> HostileRequest:
        """Return a request for an operation, as an SDK serializes it."""
        service = self._random.choice(sorted(OPERATIONS))
        if service not in self._models:
            self._models[service] = self._session.get_service_model(service)
        model = self._models[service]
        operation = model.operation_model(self._random.choice(OPERATIONS[service].split()))
        shape = operation.input_shape
        parameters = self._structure(shape, 0) if shape is not None else {}
        protocol = self._random.choice(model.metadata.get("protocols") or [model.protocol])
        serializer = create_serializer(protocol, include_validation=False)
        try:
            made = serializer.serialize_to_request(parameters, operation)
        except Exception:  # not even an SDK can send this
            return self._raw()
        body = made["body"]
        if isinstance(body, dict):
            body = urlencode(body, errors="surrogatepass")
        if not isinstance(body, bytes):
            body = str(body).encode(errors="surrogatepass")
        if service in _IN_XML:
            body = body.replace(b"%00", b"")
        query = made["query_string"]
        query = query if isinstance(query, str) else urlencode(list(query.items()))
        path = made["url_path"] + (
            ("&" if "?" in made["url_path"] else "?") + query if query else ""
        )
        key = self._random.choice(self._access_keys)
        signature = (
            f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{model.signing_name}/"
            "aws4_request, SignedHeaders=host, Signature=0"
        )
        headers = {"Authorization": signature, "X-Amz-Date": "20260101T000000Z"}
        headers |= {name: str(value) for name, value in dict(made["headers"]).items()}
        return HostileRequest(made["method"], path, headers, body)

    def _structure(self, shape: Any, depth: int) -> dict[str, Any]:
        made = {}
        for name, member in shape.members.items():
            wanted = 0.9 if name in shape.required_members else 0.25
            if name not in _UNTOUCHED and self._random.random() < wanted and depth < 4:
                made[name] = self._value(name, member, depth + 1)
        return made

    def _value(self, name: str, shape: Any, depth: int) -> Any:
        if name in self._names and self._random.random() < 0.7:
            return self._names[name]
        if self._random.random() < 0.05:
            return self._random.choice(_STRANGE)
        make: dict[str, Callable[[], Any]] = {
            "structure": lambda: self._structure(shape, depth),
            "list": lambda: [
                self._value(name, shape.member, depth + 1) for _ in range(self._random.randrange(4))
            ],
            "map": lambda: {
                self._text(): self._value(name, shape.value, depth + 1)
                for _ in range(self._random.randrange(3))
            },
            "blob": lambda: self._text().encode(errors="surrogatepass"),
            "boolean": lambda: self._random.choice((True, False)),
            "timestamp": lambda: self._random.choice((0, 1.5, 2**31, "2026-01-01T00:00:00Z")),
        }
        if shape.type_name in make:
            return make[shape.type_name]()
        if shape.type_name in ("integer", "long", "float", "double"):
            # Long polling would make the test long.
            return 0 if name == "WaitTimeSeconds" else self._random.choice(_NUMBERS)
        if getattr(shape, "enum", None) and self._random.random() < 0.7:
            return self._random.choice(shape.enum)
        return self._text()

    def _text(self) -> str:
        if self._random.random() < 0.3:
            length = self._random.randrange(1, 40)
            return "".join(self._random.choices(_CHARACTERS, k=length))
        return self._random.choice(_TEXTS)

    def _damaged(self, request: HostileRequest) -> HostileRequest:
        kind = self._random.randrange(8)
        if kind == 0 and request.body:
            request.body = request.body[: self._random.randrange(len(request.body))]
        elif kind == 1 and request.body:
            damaged = bytearray(request.body)
            for _ in range(3):
                damaged[self._random.randrange(len(damaged))] = self._random.randrange(0x20, 0x100)
            request.body = bytes(damaged)
        elif kind == 2 and request.body:
            request.body = self._body()
        elif kind in (3, 4):
            # Moto takes any request with X-Amz-Target for one of that API.
            names = _HEADERS.keys() - ({"X-Amz-Target"} - request.headers.keys())
            name = self._random.choice(sorted(names))
            request.headers[name] = self._random.choice(_HEADERS[name])
        elif kind == 5:
            del request.headers[self._random.choice(sorted(request.headers))]
        return request

    def _raw(self) -> HostileRequest:
        path = self._random.choice(_RAW_PATHS).format(name=self._names["name"])
        if self._random.random() < 0.4:
            names = ("Action", "Version", "QueueUrl", "since", "wait", "limit", "X-Amz-Signature")
            query = {name: self._text()[:2000] for name in self._random.sample(names, 2)}
            path += "?" + urlencode(query, errors="surrogatepass", quote_via=quote)
        method = self._random.choice(("GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"))
        headers = {}
        for name in self._random.sample(sorted(_HEADERS), 3):
            headers[name] = self._random.choice(_HEADERS[name])
        return HostileRequest(method, path, headers, self._body())

    def _body(self) -> bytes:
        made: list[Callable[[], bytes]] = [
            lambda: b"",
            lambda: self._random.randbytes(self._random.randrange(1, 200)),
            lambda: json.dumps(self._random.choice(_STRANGE)).encode(),
            lambda: json.dumps({"to": self._text(), "seconds": self._text()}).encode(),
            lambda: json.dumps({"seconds": self._random.choice(_STRANGE)}).encode(),
            lambda: b'{"a":' * 20_000,
            lambda: b"\xff\xfe{\x00}\x00",
            lambda: b'{"Entries": [{"Detail": "\\ud800", "Source": "\\ud800"}]}',
            lambda: urlencode({"Action": self._text()[:500], "Version": "2010-03-31"}).encode(),
            lambda: b"Action=Publish&Message=%ff%fe&MessageAttributes.entry.1.Name=a",
            lambda: b"<Delete><Object><Key>x</Key>" + b"<a>" * 1000,
            lambda: b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            lambda: b"\xbf" + b"\x9f" * 5000,
            lambda: b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nk\r\n--x--\r\n',
            lambda: b"x" * 1_000_000,
        ]
        return self._random.choice(made)()
