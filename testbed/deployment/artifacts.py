"""The bucket for deployment packages, templates and other files, whose keys are their hashes.

Equal content has an equal key, so what has not changed is not uploaded again, and the deployment of
an unchanged file changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from pathlib import Path

    from testbed.aws.clients import Aws
    from testbed.deployment.packaging import Package
    from testbed.project.local_files import LocalFile, TemplateFiles

_BUCKET = "testbed-artifacts"


class Artifacts:
    """The artifacts of deployments in an account and region."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._present: set[str] = set()

    def upload(self, template: TemplateFiles, packages: list[Package]) -> None:
        """Upload the local files of a template and of its nested ones, and name them in it.

        Parameters
        ----------
        packages
            The deployment packages, in the order of ``template.code()``.
        """
        self._upload(template, iter(packages))

    def _upload(self, template: TemplateFiles, packages: Iterator[Package]) -> None:
        for file in template.files:
            if file.build:
                _, key = self.put_package(next(packages))
            else:
                content = file.path.read_bytes()
                key = self._put(f"{_digest(content)}{file.path.suffix}", content)
            file.replace(self._named(file, key))
        for file, nested in template.nested:
            self._upload(nested, packages)
            file.replace(self.put_template(json.dumps(nested.document)))

    def put_package(self, package: Package) -> tuple[str, str]:
        """Upload a deployment package; return its bucket and key."""
        return self._bucket, self._put_file(f"{package.digest}.zip", package.path)

    def put_template(self, body: str) -> str:
        """Upload a template; return its URL, as CloudFormation takes it.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
        """
        content = body.encode()
        key = self._put(f"{_digest(content)}.template", content)
        return f"https://s3.{self._aws.region}.amazonaws.com/{self._bucket}/{key}"

    def _named(self, file: LocalFile, key: str) -> str | dict[str, str]:
        match file.form:
            case "CodeUri":
                return {"Bucket": self._bucket, "Key": key}
            case "Code":
                return {"S3Bucket": self._bucket, "S3Key": key}
        return f"s3://{self._bucket}/{key}"

    def _put_file(self, key: str, path: Path) -> str:
        if not self._has(key):
            with path.open("rb") as content:
                self._aws.s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        return key

    def _put(self, key: str, content: bytes) -> str:
        if not self._has(key):
            self._aws.s3.put_object(Bucket=self._bucket, Key=key, Body=content)
        return key

    def _has(self, key: str) -> bool:
        """Return whether an object exists; after the call it counts as uploaded."""
        if key in self._present:
            return True
        self._present.add(key)
        try:
            self._aws.s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError:
            return False
        return True

    @cached_property
    def _bucket(self) -> str:
        """The name of the bucket, which is created if it is missing."""
        prefix = f"{_BUCKET}-{self._aws.region}-"
        for bucket in self._aws.s3.list_buckets(Prefix=prefix)["Buckets"]:
            if bucket["Name"].startswith(prefix):
                return bucket["Name"]
        # Bucket names are unique across all AWS accounts.
        name = f"{prefix}{uuid.uuid4().hex[:12]}"
        if self._aws.region == "us-east-1":  # the only region that must not be given
            self._aws.s3.create_bucket(Bucket=name)
        else:
            location: Any = {"LocationConstraint": self._aws.region}
            self._aws.s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
        return name


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
