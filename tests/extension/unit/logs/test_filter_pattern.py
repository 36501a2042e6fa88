"""Filter patterns of CloudWatch Logs, with AWS's examples.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json

import pytest
from localstack_testbed.logs.comparisons import InvalidPatternError
from localstack_testbed.logs.filter_pattern import parse_pattern, selected_value

BAD, UNAUTHORIZED, MISSING = (
    "[ERROR 400] BAD REQUEST",
    "[ERROR 401] UNAUTHORIZED REQUEST",
    "[ERROR 419] MISSING ARGUMENTS",
)
ERRORS = [BAD, UNAUTHORIZED, MISSING]


def matching(pattern: str, messages: list[str]) -> list[str]:
    return [message for message in messages if parse_pattern(pattern).matches(message)]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("ERROR", ERRORS),
        ("error", []),
        ("ERROR ARGUMENTS", [MISSING]),
        ("?ARGUMENTS ?BAD", [BAD, MISSING]),
        ("?ARGUMENTS REQUEST", [BAD, UNAUTHORIZED]),  # ? has no effect next to other terms
        ("ERROR -ARGUMENTS", [BAD, UNAUTHORIZED]),
        ("-REQUEST", [MISSING]),
        ("AUTHORIZED", [UNAUTHORIZED]),  # inside of a word, too
        ('"BAD REQUEST"', [BAD]),
        ('ERROR -"BAD REQUEST"', [UNAUTHORIZED, MISSING]),
        ("%AUTHORIZED%", [UNAUTHORIZED]),
        (r"%4\d9%", [MISSING]),
        ("", ERRORS),
        (" ", ERRORS),
        ('" "', ERRORS),
    ],
)
def test_terms(pattern: str, found: list[str]) -> None:
    assert matching(pattern, ERRORS) == found


EVENT = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "cluster.name": "c",
        "user": {"id": 1, "email": "John.Stiles@example.com", "kind-of": "x"},
        "ThisFlag": True,
        "bandwidth": 1.5e3,
        "errorCode": "400",
    }
)


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "UpdateTrail" }',
        "{ $.eventType = UpdateTrail }",
        '{ $.eventType = "*Trail" }',
        "{ $.sourceIPAddress = 111.111.* }",
        "{ $.sourceIPAddress != 123.123.* }",
        '{ $.arrayKey[0] = "value" }',
        "{ $.objectList[1].id = 2 }",
        "{ $.objectList[*].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.ThisFlag IS TRUE }",
        "{ $.bandwidth >= 1.5e3 }",
        "{ $.bandwidth = 1500 }",
        "{ $.errorCode = 400 }",
        "{ $.['cluster.name'] = \"c\" }",
        '{ $.user.kind-of = "x" }',
        '{ ($.user.id = 1) && ($.user.email = "John.*") }',
        '{ $.user.email = "nobody" || $.user.id = 1 && $.ThisFlag IS TRUE }',
        '{ ($.user.email = "nobody" || $.objectList[0].id = 1) && $.eventType = %Tr[a-z]+l% }',
        '{$.eventType="UpdateTrail"}',
        '{ $.user = "*" }',
    ],
)
def test_json(pattern: str) -> None:
    assert matching(pattern, [EVENT + "\n"]) == [EVENT + "\n"]


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "Update" }',
        '{ $.missing = "*" }',
        '{ $.missing != "a" }',
        "{ $.missing IS NULL }",
        "{ $.eventType NOT EXISTS }",
        "{ $.ThisFlag IS FALSE }",
        "{ $.bandwidth < 1500 }",
        "{ $.eventType > 1 }",
        "{ $.arrayKey[7] = value }",
        '{ ($.user.id = 2) && ($.user.email = "John.*") }',
    ],
)
def test_json_that_does_not_match(pattern: str) -> None:
    assert matching(pattern, [EVENT, "eventType UpdateTrail", "{", "null", ""]) == []


ACCESS = [
    '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534',
    '127.0.0.1 Prod frank [10/Oct/2000:13:35:22 -0700] "GET /about/index.html HTTP/1.0" 500 5324',
    '127.0.0.1 Prod frank [10/Oct/2000:13:50:35 -0700] "GET /logo.png HTTP/1.0" 200 4355',
]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("[ip, id, user, timestamp, request, status_code, size]", ACCESS),
        ("[ip, id, user, timestamp, request =*.html*, status_code = 4*, size]", ACCESS[:1]),
        ("[ip, id, user, timestamp, request, status_code = 4* || status_code = 5*, size]",
         ACCESS[:2]),
        ("[..., request=*.html*, status_code = 4*, size]", ACCESS[:1]),
        ("[..., size > 4000]", ACCESS[1:]),
        ("[ip, ..., status_code != 404, size]", ACCESS[1:]),
        ("[ip != 127.0.0.1, ...]", []),
        ("[ip, id, user]", []),
        ('[w1, w2 = "Prod" && w2 != "Test", ...]', ACCESS),
        (r"[..., status_code = %4\d4%, size]", ACCESS[:1]),
    ],
)  # fmt: skip
def test_fields(pattern: str, found: list[str]) -> None:
    assert matching(pattern, ACCESS) == found


@pytest.mark.parametrize(
    "pattern",
    [
        "a-b",
        "a.b",
        '"open',
        "{ $.a = 1",
        "{ a = 1 }",
        "{ $.a }",
        "{ $.a == }",
        "{ $.a > b }",
        "{ $.a IS GREEN }",
        "{ ($.a = 1 }",
        "{ $.a = 1 } x",
        "[a, b",
        "[..., a, ...]",
        "[a b]",
        "%a(b)%",
        "%[a%",
    ],
)
def test_invalid(pattern: str) -> None:
    with pytest.raises(InvalidPatternError):
        parse_pattern(pattern)


def test_values_of_metric_filters() -> None:
    latency = parse_pattern("{ $.bandwidth > 1 }")
    assert selected_value(latency, "$.bandwidth", EVENT) == 1500
    assert selected_value(latency, "$.missing", EVENT) is None
    assert selected_value(parse_pattern("[..., status, size]"), "$size", ACCESS[0]) == "1534"
    assert selected_value(parse_pattern("ERROR"), "$size", ACCESS[0]) is None
