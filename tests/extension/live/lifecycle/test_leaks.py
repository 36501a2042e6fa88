"""Files that LocalStack must delete or close; ``./scripts/soak`` checks for an hour."""

from pathlib import Path

import psutil

from testbed.machine.waiting import until
from tests.extension.conftest import Clients, LocalStack
from tests.extension.lambda_functions import FunctionFactory, bundle

LIMIT = 10.0


def test_deleted_layer_leaves_no_files(
    localstack: LocalStack, aws: Clients, functions: FunctionFactory, name: str
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/deleting-layers.html

    A function that uses it keeps it.
    """
    layer = aws["lambda"].publish_layer_version(
        LayerName=name, Content={"ZipFile": bundle({"python/from_layer.py": "NAME = 1"})}
    )
    source = "import from_layer\ndef handler(event, context): return from_layer.NAME"
    function = functions(source, Layers=[layer["LayerVersionArn"]])

    def files() -> list[Path]:
        return list((localstack.folder / "tmp").rglob("from_layer.py"))

    assert function.invoke().payload == 1
    assert files()
    functions.delete(function)
    aws["lambda"].delete_layer_version(LayerName=name, VersionNumber=layer["Version"])
    functions(
        "def handler(event, context): return 2"
    )  # unused code is deleted when new code is stored

    until(lambda: not files(), within=LIMIT, what="deletion of the layer's files")


def test_code_of_deleted_functions_leaves_no_files(
    localstack: LocalStack, functions: FunctionFactory
) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (code storage)"""
    function = functions("def handler(event, context): return 3", files={"own_file.py": ""})
    assert function.invoke().payload == 3

    functions.delete(function)
    functions("def handler(event, context): return 4")

    until(
        lambda: not list((localstack.folder / "tmp").rglob("own_file.py")),
        within=LIMIT,
        what="deletion of the function's files",
    )


def test_metrics_leave_no_open_files(localstack: LocalStack, aws: Clients) -> None:
    """https://docs.python.org/3/library/sqlite3.html#how-to-use-the-connection-context-manager"""
    cloudwatch = aws["cloudwatch"]
    cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "m", "Value": 1}])
    process = psutil.Process(localstack.process)

    for _ in range(50):
        cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "m", "Value": 1}])

    def open_databases() -> list[str]:
        return [each.path for each in process.open_files() if each.path.endswith("metrics.db")]

    # One may be in use at this moment.
    until(lambda: not open_databases(), within=LIMIT, what="closed database")
