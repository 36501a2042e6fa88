"""A deployed stack, and its state as it was right after the deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from testbed.aws.stacks import stack_resources
from testbed.session import api_url

if TYPE_CHECKING:
    from testbed.aws.clients import Aws


@dataclass
class Stack:
    """A deployed stack.

    Parameters
    ----------
    outputs
        The values of the template's outputs, by their names.
    """

    name: str
    outputs: Mapping[str, str]
    aws: Aws = field(repr=False)

    @property
    def api_url(self) -> str | None:
        """Where the REST API answers that an output has the URL of, without a slash at the end."""
        return api_url(dict(self.outputs), self.aws.endpoint_url)

    def resource(self, logical_id: str) -> str:
        """Return the physical id of a resource, such as a function's name or a queue's URL.

        Raises
        ------
        KeyError
            If the template has none of that logical id.
        """
        try:
            return self._resources[logical_id]
        except KeyError:
            known = ", ".join(sorted(self._resources))
            raise KeyError(f"{logical_id} is not in {self.name}; there are {known}") from None

    @property
    def functions(self) -> list[str]:
        """The names of its functions."""
        return self._of("AWS::Lambda::Function")

    @property
    def queues(self) -> list[str]:
        """The URLs of its queues."""
        return self._of("AWS::SQS::Queue")

    def note_content(self) -> None:
        """Note what is in the buckets, to be restored by :meth:`clean`."""
        self._content = {
            bucket: {
                key: self.aws.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                for key in self._objects(bucket)
            }
            for bucket in self._of("AWS::S3::Bucket")
        }
        self._etags = {bucket: self._objects(bucket) for bucket in self._content}

    def clean(self) -> None:
        """Empty the queues, and make the buckets what they were when they were noted."""
        for queue in self.queues:
            self.aws.sqs.purge_queue(QueueUrl=queue)
        for bucket, content in self._content.items():
            now = self._objects(bucket)
            for key in now.keys() - content.keys():
                self.aws.s3.delete_object(Bucket=bucket, Key=key)
            for key, body in content.items():
                if now.get(key) != self._etags[bucket][key]:
                    self.aws.s3.put_object(Bucket=bucket, Key=key, Body=body)

    @cached_property
    def _resources(self) -> dict[str, str]:
        return stack_resources(self.aws, self.name)

    def _of(self, kind: str) -> list[str]:
        return sorted(stack_resources(self.aws, self.name, kind).values())

    def _objects(self, bucket: str) -> dict[str, str]:
        """Return the ETags of a bucket's objects by their keys."""
        pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", ())}
