"""Objects are replaced completely or not at all."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from testbed.control.journal import Journal
from testbed.machine.waiting import until
from tests.extension.conftest import Clients, LocalStack
from tests.extension.faults import FaultRules

LIMIT = 20.0
LARGE = 1_000_000  # smaller ones are kept in memory
OLD, NEW = b"what was there", b"what comes in its place"


@pytest.fixture
def bucket(aws: Clients, name: str) -> Iterator[str]:
    aws["s3"].create_bucket(Bucket=name)
    yield name
    aws["s3"].delete_object(Bucket=name, Key="object")
    aws["s3"].delete_bucket(Bucket=name)


def test_object_is_unchanged_if_its_writer_disconnects(
    aws: Clients, bucket: str, faults: FaultRules, localstack_endpoint: str
) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html"""
    s3, journal = aws["s3"], Journal(localstack_endpoint)
    s3.put_object(Bucket=bucket, Key="object", Body=OLD)
    slow = faults.put("delay", "s3", operation="PutObject", seconds=600)
    url = urlsplit(
        s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "object"})
    )
    with socket.create_connection((url.hostname, url.port)) as connection:
        head = f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n"
        connection.sendall(f"{head}Content-Length: {len(NEW)}\r\n\r\n".encode() + NEW)
        until(lambda: faults.hits(slow), within=LIMIT, what="delayed write")
    faults.remove(slow)

    def has_ended() -> bool:
        writes = [each for each in journal.entries() if each["resource"] == f"{bucket}/object"]
        return [each["status"] for each in writes] == [200, 500]

    until(has_ended, within=LIMIT, what="failed write")
    assert s3.get_object(Bucket=bucket, Key="object")["Body"].read() == OLD


def test_objects_are_in_the_temporary_folder_of_this_localstack(
    aws: Clients, bucket: str, localstack: LocalStack
) -> None:
    """Only those files are deleted when it ends."""
    aws["s3"].put_object(Bucket=bucket, Key="object", Body=b"x" * LARGE)
    assert (localstack.folder / "tmp" / "localstack-s3-storage" / bucket).is_dir()
    assert not Path("/tmp/localstack-s3-storage", bucket).exists()  # noqa: S108
