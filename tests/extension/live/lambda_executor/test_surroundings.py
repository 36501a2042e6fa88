"""What a function finds around itself: context, variables, files and modules."""

import base64
import io
import json
import textwrap
import time
import zipfile
from pathlib import Path

import pytest
from botocore.exceptions import WaiterError

from testbed.deployment.requirements import ensure_bundled_requirements
from testbed.errors import EnvironmentBuildError
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import ROLE, FunctionFactory, bundle
from tests.extension.waiting import wait_until

COMPILATION_LIMIT = 10.0

VARIABLES = """
    import os

    def handler(event, context):
        return dict(os.environ)
"""


def test_context(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    function = functions(
        """
        def handler(event, context):
            return {
                "aws_request_id": context.aws_request_id,
                "function_name": context.function_name,
                "function_version": context.function_version,
                "invoked_function_arn": context.invoked_function_arn,
                "log_group_name": context.log_group_name,
                "memory_limit_in_mb": context.memory_limit_in_mb,
            }
        """,
        MemorySize=256,
    )

    invoked = function.invoke()

    assert invoked.payload == {
        "aws_request_id": invoked.request_id,
        "function_name": function.name,
        "function_version": "$LATEST",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:000000000000:function:{function.name}",
        "log_group_name": f"/aws/lambda/{function.name}",
        "memory_limit_in_mb": "256",
    }


def test_remaining_time(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    function = functions(
        """
        import time

        def handler(event, context):
            return time.time() * 1000 + context.get_remaining_time_in_millis()
        """,
        timeout=60,
    )
    function.invoke()

    before = time.time() * 1000
    deadline = function.invoke().payload
    after = time.time() * 1000

    assert before + 60_000 - 5 <= deadline <= after + 60_000 + 5


def test_client_context(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-context.html"""
    function = functions("def handler(event, context): return context.client_context.custom")
    context = base64.b64encode(json.dumps({"custom": {"key": "value"}}).encode()).decode()

    assert function.invoke(ClientContext=context).payload == {"key": "value"}


def test_trace_header(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    function = functions("import os\ndef handler(e, c): return os.environ['_X_AMZN_TRACE_ID']")

    traces = {function.invoke().payload for _ in range(2)}

    assert len(traces) == 2
    assert all(trace.startswith("Root=1-") and ";Parent=" in trace for trace in traces)


def test_variables_are_those_that_aws_documents(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    function = functions(VARIABLES, Environment={"Variables": {"OWN": "value", "EDGE_PORT": "7"}})

    variables = function.invoke().payload

    # Where environments share the machine's folders, these lead to their own.
    assert variables.keys() - {"HOME", "TMPDIR"} == {
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_XRAY_CONTEXT_MISSING",
        "AWS_XRAY_DAEMON_ADDRESS",
        "EDGE_PORT",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "LD_LIBRARY_PATH",
        "OWN",
        "PATH",
        "PYTHONPATH",
        "TZ",
        "_AWS_XRAY_DAEMON_ADDRESS",
        "_AWS_XRAY_DAEMON_PORT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == function.name
    assert variables["AWS_REGION"] == "us-east-1"
    assert (variables["LANG"], variables["TZ"]) == ("en_US.UTF-8", ":UTC")
    assert variables["_HANDLER"] == "app.handler"
    assert (variables["OWN"], variables["EDGE_PORT"]) == ("value", "7")


def test_sdk_reaches_localstack_with_the_role_of_the_function(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html"""
    function = functions(
        """
        import boto3

        sts = boto3.client("sts")

        def handler(event, context):
            return sts.get_caller_identity()["Arn"]
        """
    )

    assert function.invoke().payload == (
        f"arn:aws:sts::000000000000:assumed-role/lambda/{function.name}"
    )


@pytest.mark.parametrize("variables", [{}, {"PYTHONHASHSEED": "1"}], ids=["forked", "started"])
def test_both_ways_to_start_look_the_same(
    functions: FunctionFactory, variables: dict[str, str]
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html"""
    result = functions(
        """
        import __main__, os, signal, sys, tempfile, time, boto3

        def handler(event, context):
            return {
                "arguments": sys.argv[1:],
                "file": __file__.removeprefix(os.environ["LAMBDA_TASK_ROOT"]),
                "first on path": sys.path[0] == os.environ["LAMBDA_TASK_ROOT"],
                "main": os.path.basename(os.path.dirname(__main__.__file__)),
                "encodings": [sys.stdout.encoding, sys.getfilesystemencoding()],
                "zone": time.tzname[0],
                "session": os.getsid(0) == os.getpid() == os.getpgrp(),
                "interrupt": signal.getsignal(signal.SIGTERM) == signal.SIG_DFL,
                "input": sys.stdin.read(),
                "files": len(os.listdir("/proc/self/fd")) < 10,
            }
        """,
        Environment={"Variables": variables},
    ).invoke()

    assert result.payload == {
        "arguments": ["app.handler"],
        "file": "/app.py",
        "first on path": True,
        "main": "awslambdaric",
        "encodings": ["utf-8", "utf-8"],
        "zone": "UTC",
        "session": True,
        "interrupt": True,
        "input": "",
        "files": True,
    }


@pytest.mark.parametrize("module", ["botocore", "json", "six"])
def test_modules_of_the_bundle_come_first(functions: FunctionFactory, module: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-package.html

    A module of the standard library that the runtime has imported itself stays that one.
    """
    function = functions(
        f"""
        import {module}

        def handler(event, context):
            return getattr({module}, "BUNDLED", False)
        """,
        files={f"{module}/__init__.py": "BUNDLED = True"},
    )

    assert function.invoke().payload is (module != "json")


def layer(aws: Clients, name: str, files: dict[str, str]) -> str:
    response = aws["lambda"].publish_layer_version(
        LayerName=name, Content={"ZipFile": bundle(files)}
    )
    return str(response["LayerVersionArn"])


def test_layers(functions: FunctionFactory, aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html"""
    first = layer(
        aws,
        f"{name}-1",
        {
            "python/one.py": "NAME = 'first'",
            "python/both.py": "NAME = 'first'",
            "bin/tool": "#!/bin/sh\necho tool",
        },
    )
    second = layer(
        aws,
        f"{name}-2",
        {
            "python/both.py": "NAME = 'second'",
            "python/lib/python3.13/site-packages/two.py": "NAME = 'second'",
        },
    )
    function = functions(
        """
        import subprocess
        import both, one, two

        def handler(event, context):
            tool = subprocess.run(["tool"], capture_output=True, text=True, check=True)
            return [one.NAME, two.NAME, both.NAME, tool.stdout]
        """,
        Layers=[first, second],
    )

    assert function.invoke().payload == ["first", "second", "second", "tool\n"]


def test_other_runtime_is_refused_with_advice(aws: Clients, name: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html"""
    client = aws["lambda"]
    client.create_function(
        FunctionName=name,
        Role=ROLE,
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": bundle({"index.js": ""})},
    )

    waiter = client.get_waiter("function_active_v2")
    with pytest.raises(WaiterError):
        waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})

    reason = client.get_function(FunctionName=name)["Configuration"]["StateReason"]
    assert "nodejs22.x" in reason
    assert "LAMBDA_RUNTIME_EXECUTOR=docker" in reason
    client.delete_function(FunctionName=name)


def test_bundle_is_compiled(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html (cold starts)"""
    function = functions(
        """
        import pathlib

        def handler(event, context):
            return [path.name for path in pathlib.Path("__pycache__").glob("*.pyc")]
        """
    )

    def compiled() -> bool:
        return bool(function.invoke().payload == ["app.cpython-313.pyc"])

    wait_until(compiled, COMPILATION_LIMIT, "the bundle is compiled")


def test_bundle_with_a_module_that_cannot_be_compiled(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    function = functions("def handler(event, context): return 1", files={"broken.py": "def ("})

    assert function.invoke().payload == 1


def test_permissions_in_the_archive_do_not_hinder(aws: Clients, functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    function = functions("")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        entry = zipfile.ZipInfo("app.py")
        entry.external_attr = 0o600 << 16
        archive.writestr(entry, "def handler(event, context): return 'read'")
    aws["lambda"].update_function_code(FunctionName=function.name, ZipFile=content.getvalue())
    function.wait_until_updated()

    assert function.invoke().payload == "read"


LIST_QUEUES = """
    import os, subprocess, sys
    import boto3

    PROGRAM = "import boto3; print(boto3.client('sqs').list_queues()['ResponseMetadata'])"

    def handler(event, context):
        if event == "program":
            return subprocess.check_output([sys.executable, "-c", PROGRAM], text=True)
        client = boto3.client("sqs", endpoint_url=event)
        client.list_queues()
        return client.meta.endpoint_url
"""
IGNORED = {"Variables": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}}


@pytest.mark.parametrize(
    "endpoint",
    [
        None,
        "https://sqs.us-east-1.amazonaws.com",
        "https://queue.amazonaws.com/",
        "https://sqs.us-east-1.api.aws",
        "https://sqs.cn-north-1.amazonaws.com.cn",
    ],
)
def test_clients_do_not_call_aws(
    functions: FunctionFactory, localstack_endpoint: str, endpoint: str | None
) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    function = functions(LIST_QUEUES, Environment=IGNORED)

    assert function.invoke(endpoint).payload == localstack_endpoint


def test_other_endpoints_are_called(functions: FunctionFactory, localstack_endpoint: str) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    endpoint = localstack_endpoint.replace("127.0.0.1", "localhost")

    assert functions(LIST_QUEUES).invoke(endpoint).payload == endpoint


@pytest.mark.parametrize("variables", [{}, {"PYTHONWARNINGS": "ignore"}])
def test_clients_in_a_new_interpreter_do_not_call_aws(
    functions: FunctionFactory, variables: dict[str, str]
) -> None:
    """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
    environment = {"Variables": IGNORED["Variables"] | variables}
    function = functions(LIST_QUEUES, Environment=environment)

    assert "'HTTPStatusCode': 200" in function.invoke("program").payload


def test_old_sdk_in_the_bundle_does_not_call_aws(
    aws: Clients, functions: FunctionFactory, old_sdk: Path, localstack_endpoint: str
) -> None:
    """boto3 before 1.28 ignores AWS_ENDPOINT_URL.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    function = functions("")
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path in old_sdk.rglob("*"):
            name = path.relative_to(old_sdk)
            if not path.is_file() or (name.parts[:2] == ("botocore", "data") and _is_unused(name)):
                continue
            archive.write(path, str(name))
        archive.writestr("app.py", textwrap.dedent(OLD_SDK))
    aws["lambda"].update_function_code(FunctionName=function.name, ZipFile=content.getvalue())
    function.wait_until_updated()
    bucket, queue = f"old-{function.name}", f"old-{function.name}"
    event = {"bucket": bucket, "queue": queue}

    invoked = function.invoke(event)

    assert invoked.payload == {
        "version": "1.26.137",
        "endpoint": localstack_endpoint,
        "message": "sent",
        "object": "stored",
    }
    aws["s3"].delete_object(Bucket=bucket, Key="key")
    aws["s3"].delete_bucket(Bucket=bucket)
    aws["sqs"].delete_queue(QueueUrl=aws["sqs"].get_queue_url(QueueName=queue)["QueueUrl"])


OLD_SDK = """
    import boto3

    def handler(event, context):
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        queue = sqs.create_queue(QueueName=event["queue"])["QueueUrl"]
        sqs.send_message(QueueUrl=queue, MessageBody="sent")
        s3.create_bucket(Bucket=event["bucket"])
        s3.put_object(Bucket=event["bucket"], Key="key", Body=b"stored")
        return {
            "version": boto3.__version__,
            "endpoint": s3.meta.endpoint_url,
            "message": sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"],
            "object": s3.get_object(Bucket=event["bucket"], Key="key")["Body"].read().decode(),
        }
"""


def _is_unused(name: Path) -> bool:
    """Return whether a data file of botocore is of a service that the function does not use."""
    return len(name.parts) > 3 and name.parts[2] not in ("s3", "sqs")


@pytest.fixture(scope="module")
def old_sdk() -> Path:
    """A bundle with an SDK of May 2023."""
    requirements = Path(__file__).with_name("old-sdk-requirements.txt")
    try:
        return ensure_bundled_requirements(requirements, "x86_64", print)
    except EnvironmentBuildError as error:
        pytest.skip(f"boto3 1.26.137 is not in the cache, and cannot be fetched: {error}")
