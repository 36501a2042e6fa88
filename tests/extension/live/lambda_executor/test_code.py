"""A function's code: its bundle, its layers, and compiled byte code."""

import io
import threading
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from testbed.machine.waiting import until
from tests.extension.conftest import Clients
from tests.extension.lambda_functions import FunctionFactory, bundle

COMPILATION_LIMIT = 10.0


@pytest.mark.parametrize("module", ["botocore", "json", "six"])
def test_modules_of_the_bundle_come_first(functions: FunctionFactory, module: str) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-package.html

    A standard library module that the runtime itself has imported is not replaced.
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

    until(compiled, within=COMPILATION_LIMIT, what="compiled bundle")


def test_byte_code_of_unchanged_modules_stays_after_an_update(
    aws: Clients, functions: FunctionFactory
) -> None:
    """Requirements have hundreds of modules, of which an update changes none."""
    source = """
        import pathlib

        import kept, replaced

        def handler(event, context):
            compiled = pathlib.Path("__pycache__").glob("*.cpython-313.pyc")
            found = {path.name.partition(".")[0]: path.stat().st_ino for path in compiled}
            return [found, kept.VALUE, replaced.VALUE]
        """
    files = {"kept.py": f"VALUE = '{uuid.uuid4().hex}'", "replaced.py": "VALUE = 1"}
    function = functions(source, files=files)

    def compiled() -> list[object] | None:
        found = function.invoke().payload
        return found if found[0].keys() == {"app", "kept", "replaced"} else None

    before, value, _ = until(compiled, within=COMPILATION_LIMIT, what="compiled bundle")
    changed = {"app.py": source, **files, "replaced.py": "VALUE = 2"}
    aws["lambda"].update_function_code(FunctionName=function.name, ZipFile=bundle(changed))
    function.wait_until_updated()
    after, same, other = until(compiled, within=COMPILATION_LIMIT, what="compiled bundle")
    assert (same, other) == (value, 2)
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["kept"] == before["kept"]
    assert after["replaced"] != before["replaced"]


def test_bundle_with_a_module_that_cannot_be_compiled(functions: FunctionFactory) -> None:
    """https://docs.aws.amazon.com/lambda/latest/dg/python-package.html"""
    function = functions("def handler(event, context): return 1", files={"broken.py": "def ("})

    assert function.invoke().payload == 1


def test_file_modes_in_the_archive_are_ignored(aws: Clients, functions: FunctionFactory) -> None:
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


def test_updates_abort_no_invocation(functions: FunctionFactory) -> None:
    """An invocation ends with the code that it began with.

    https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
    """
    function = functions("def handler(event, context): return 0")
    updated = threading.Event()

    def results() -> list[int]:
        found: list[int] = []
        while not updated.is_set():
            found.append(function.invoke().payload)
        return found

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(results) for _ in range(4)]
        try:
            for number in range(1, 9):
                functions.update(function, f"def handler(event, context): return {number}")
                function.wait_until_updated()
        finally:
            updated.set()
    for each in running:
        assert each.result() == sorted(each.result())
