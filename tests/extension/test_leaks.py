"""LocalStack gives back what it took; ``./scripts/soak`` looks for an hour."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.extension.conftest import Clients, LocalStack, running_localstack
from tests.extension.lambda_functions import FunctionFactory, bundle
from tests.extension.waiting import wait_until

LIMIT = 10.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("leaks")


@pytest.fixture(scope="module")
def lonely(folder: Path) -> Iterator[LocalStack]:
    with running_localstack(folder) as localstack:
        yield localstack


def test_deleted_layer_leaves_no_files(lonely: LocalStack, folder: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/deleting-layers.html

    A function that uses it keeps it.
    """
    clients = Clients(lonely.endpoint)
    functions = FunctionFactory(clients["lambda"], clients["logs"])
    layer = clients["lambda"].publish_layer_version(
        LayerName="layer", Content={"ZipFile": bundle({"python/from_layer.py": "NAME = 1"})}
    )
    source = "import from_layer\ndef handler(event, context): return from_layer.NAME"
    function = functions(source, Layers=[layer["LayerVersionArn"]])

    def files() -> list[Path]:
        return list((folder / "tmp").rglob("from_layer.py"))

    assert function.invoke().payload == 1
    assert files()
    functions.delete(function)
    clients["lambda"].delete_layer_version(LayerName="layer", VersionNumber=layer["Version"])
    functions("def handler(event, context): return 2")  # code that nobody uses goes with new code

    wait_until(lambda: not files(), LIMIT, "the layer's files are gone")


def test_code_of_deleted_functions_leaves_no_files(lonely: LocalStack, folder: Path) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (code storage)"""
    clients = Clients(lonely.endpoint)
    functions = FunctionFactory(clients["lambda"], clients["logs"])
    function = functions("def handler(event, context): return 3", files={"own_file.py": ""})
    assert function.invoke().payload == 3

    functions.delete(function)
    functions("def handler(event, context): return 4")

    wait_until(
        lambda: not list((folder / "tmp").rglob("own_file.py")), LIMIT, "the function's files"
    )


def test_metrics_leave_no_open_files(lonely: LocalStack) -> None:
    """https://docs.python.org/3/library/sqlite3.html#how-to-use-the-connection-context-manager"""
    cloudwatch = Clients(lonely.endpoint)["cloudwatch"]
    cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "m", "Value": 1}])
    process = psutil.Process(lonely.process)

    for _ in range(50):
        cloudwatch.put_metric_data(Namespace="Test", MetricData=[{"MetricName": "m", "Value": 1}])

    def open_databases() -> list[str]:
        return [each.path for each in process.open_files() if each.path.endswith("metrics.db")]

    # One may just be in use.
    wait_until(lambda: not open_databases(), LIMIT, "the database is closed")
