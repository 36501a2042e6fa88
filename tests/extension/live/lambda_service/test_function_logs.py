"""Logs of functions, in CloudWatch Logs and in responses of Invoke."""

import json
import math
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory

METRICS_LIMIT = 10.0
LIMIT = 20.0

HELLO = """
    import sys

    print("loading")

    def handler(event, context):
        print("to standard output")
        print("to standard error", file=sys.stderr)
        print("again to standard output")
"""


def test_log_of_a_cold_start(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    function = functions(HELLO, MemorySize=256)

    invoked = function.invoke()

    log = function.log(until="REPORT RequestId")
    assert log.startswith(invoked.tail)
    request_id = re.escape(invoked.request_id)
    match = re.fullmatch(
        r"INIT_START Runtime Version: python:3\.13\.v\d+\tRuntime Version ARN: arn:aws:lambda:.*\n"
        r"loading\n"
        rf"START RequestId: {request_id} Version: \$LATEST\n"
        r"to standard output\nto standard error\nagain to standard output\n"
        rf"END RequestId: {request_id}\n"
        rf"REPORT RequestId: {request_id}\tDuration: (\d+\.\d\d) ms\tBilled Duration: (\d+) ms\t"
        r"Memory Size: 256 MB\tMax Memory Used: (\d+) MB\tInit Duration: (\d+\.\d\d) ms\t\n",
        invoked.tail,
    )
    assert match is not None, invoked.tail
    duration, billed, memory, init = map(float, match.groups())
    assert abs(billed - math.ceil(duration + init)) <= 1
    assert 10 < memory < 256


def test_log_of_a_warm_invocation(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    function = functions(HELLO)
    function.invoke()

    invoked = function.invoke()

    lines = invoked.tail.split("\n")
    assert lines[0] == f"START RequestId: {invoked.request_id} Version: $LATEST"
    assert "Init Duration" not in invoked.tail
    assert "loading" not in invoked.tail


def test_environment_has_one_log_stream(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
    function = functions("def handler(event, context): return context.log_stream_name")

    invoked = [function.invoke() for _ in range(3)]
    log = function.log(until=f"REPORT RequestId: {invoked[-1].request_id}")

    assert function.log_streams() == [invoked[0].payload]
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", invoked[0].payload)
    starts = re.findall(r"START RequestId: (\S+)", log)
    assert starts == [each.request_id for each in invoked]


def test_messages_of_the_logging_module(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    invoked = functions(
        """
        import logging

        def handler(event, context):
            logging.warning("look out")
        """
    ).invoke()

    assert re.search(
        rf"\n\[WARNING\]\t\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z\t{invoked.request_id}\t"
        r"look out\n",
        invoked.tail,
    )


def test_tail_is_the_last_four_kilobytes(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html"""
    invoked = functions("def handler(event, context): print('x' * 5000)").invoke()

    assert len(invoked.tail) == 4096
    assert invoked.tail.startswith("xxx")
    assert invoked.tail.rstrip().split("\n")[-1].startswith("REPORT RequestId")


def test_unfinished_line_does_not_swallow_the_next(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    invoked = functions("def handler(event, context): print('unfinished', end='')").invoke()

    assert f"unfinished\nEND RequestId: {invoked.request_id}\n" in invoked.tail


def test_logs_in_json(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html"""
    function = functions(
        """
        import logging

        def handler(event, context):
            logging.getLogger().debug("details")
            logging.getLogger().info("done", extra={"number": 1})
        """,
        LoggingConfig={"LogFormat": "JSON", "ApplicationLogLevel": "INFO"},
    )

    invoked = function.invoke()

    lines = [json.loads(line) for line in invoked.tail.splitlines()]
    messages = [line for line in lines if "message" in line]
    assert [(line["level"], line["message"]) for line in messages] == [("INFO", "done")]
    assert messages[0]["requestId"] == invoked.request_id
    assert [line["type"] for line in lines if "type" in line] == [
        "platform.initStart",
        "platform.start",
        "platform.report",
    ]
    record = lines[-1]["record"]
    assert (record["requestId"], record["status"]) == (invoked.request_id, "success")
    assert {"durationMs", "billedDurationMs", "initDurationMs"} <= record["metrics"].keys()


def test_invocations_and_errors_are_counted(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"""
    function = functions(
        """
        def handler(event, context):
            if event:
                raise ValueError(event)
        """
    )
    for event in (None, None, "wrong"):
        function.invoke(event)

    def counted(metric: str) -> float:
        response = aws["cloudwatch"].get_metric_statistics(
            Namespace="AWS/Lambda",
            MetricName=metric,
            Dimensions=[{"Name": "FunctionName", "Value": function.name}],
            StartTime=datetime.now(UTC) - timedelta(hours=1),
            EndTime=datetime.now(UTC) + timedelta(hours=1),
            Period=86400,
            Statistics=["Sum"],
        )
        return float(sum(point["Sum"] for point in response["Datapoints"]))

    until(
        lambda: counted("Invocations") == 3, within=METRICS_LIMIT, what="count of three invocations"
    )
    until(lambda: counted("Errors") == 1, within=METRICS_LIMIT, what="count of one error")


def test_logs_of_an_invocation_that_outlives_its_version(
    functions: FunctionFactory, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
    function = functions(
        """
        import socket

        def handler(port, context):
            with socket.create_connection(("127.0.0.1", port)) as held:
                held.recv(1)
            print("the end")
        """
    )
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(LIMIT)
        invocation = pool.submit(function.invoke, listener.getsockname()[1])
        connection, _ = listener.accept()
        with connection:
            aws["lambda"].update_function_configuration(
                FunctionName=function.name, Description="new"
            )
            function.wait_until_updated()
        assert invocation.result().error is None
    assert "the end" in function.log(until="REPORT")


def test_lines_have_the_times_at_which_they_were_written(
    functions: FunctionFactory, aws: Clients
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html"""
    function = functions(
        """
        import time

        def handler(event, context):
            times = []
            for name in ("first", "second"):
                times.append(time.time() * 1000)
                print(name)
                time.sleep(0.2)
            return times
        """
    )
    invoked = function.invoke()
    function.log(until="REPORT")
    events = aws["logs"].filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    written = {event["message"].strip(): event["timestamp"] for event in events}
    first, second = invoked.payload
    assert -1 <= written["first"] - first < 150
    assert -1 <= written["second"] - second < 150


def test_message_of_several_lines_is_one_event(functions: FunctionFactory, aws: Clients) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html"""
    function = functions(
        """
        import logging

        def handler(event, context):
            print("printed")
            logging.warning("one\\ntwo")
            raise ValueError("oh")
        """
    )
    function.invoke()
    function.log(until="REPORT")
    events = aws["logs"].filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
    _, _, printed, logged, error, *_ = [event["message"] for event in events]
    assert printed == "printed\n"
    assert logged.endswith("\tone\ntwo\n")
    assert error.startswith("[ERROR] ValueError: oh\nTraceback (most recent call last):\n")
    assert error.endswith('raise ValueError("oh")\n')


def test_log_group_of_the_logging_config(
    functions: FunctionFactory, aws: Clients, name: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html"""
    function = functions(
        "def handler(event, context): return context.log_group_name, context.log_stream_name",
        LoggingConfig={"LogGroup": name},
    )
    group, stream = function.invoke().payload
    assert group == name
    assert re.fullmatch(rf"\d{{4}}/\d\d/\d\d/{function.name}\[\$LATEST\][0-9a-f]{{32}}", stream)

    def stored() -> list[str]:
        try:
            page = aws["logs"].filter_log_events(logGroupName=name, logStreamNames=[stream])
        except aws["logs"].exceptions.ResourceNotFoundException:
            return []
        return [event["message"] for event in page["events"] if "REPORT" in event["message"]]

    until(stored, within=LIMIT, what="REPORT line")
    aws["logs"].delete_log_group(logGroupName=name)
