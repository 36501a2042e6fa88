"""The lists of websites that a project has deployed, and the testbed's websites in them.

A project says in ``[[tool.testbed.uploads]]`` which of its files list websites
(:mod:`testbed.project.website_list`). A website that is added to the testbed is added to the
deployed lists, so that the project's functions watch it. Deployments add it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.aws.objects import bucket_and_key
from testbed.errors import ProjectError

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.project.project import Project
    from testbed.project.uploads import Upload
    from testbed.project.website_list import WebsiteList
    from testbed.websites.websites import HostedWebsite

_ATTEMPTS = 5
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
_CHANGED_MEANWHILE = ("PreconditionFailed", "ConditionalRequestConflict")


class DeployedLists:
    """The lists of websites in a project's uploaded files.

    Parameters
    ----------
    outputs
        The outputs of the project's stack, which say where the files are.
    """

    def __init__(self, project: Project, aws: Aws, outputs: Mapping[str, str]) -> None:
        self._aws = aws
        self._places = [
            (upload, upload.websites, outputs[upload.output])
            for upload in project.uploads
            if upload.websites is not None and upload.output in outputs
        ]
        self.not_deployed = [
            upload.name
            for upload in project.uploads
            if upload.websites is not None and upload.output not in outputs
        ]
        """The names of the files with lists that are not deployed."""

    def add(self, website: HostedWebsite) -> list[str]:
        """Add a website to each list, and return the names of the files.

        An entry of the same name is replaced: the website stands in for a real one.

        Raises
        ------
        ProjectError
            If a list is missing or not valid, or would not be with the website.
        """
        added = {website.name: website.url}

        def change(upload: Upload, keys: WebsiteList, uri: str, content: bytes) -> bytes:
            return keys.with_websites(content, added, uri)

        return self._change(change)

    def remove(self, name: str) -> list[str]:
        """Remove a website from each list that has it, and return the names of the files.

        If the project's own file has an entry of the same name, it takes the website's place.

        Raises
        ------
        ProjectError
            If a list would not be valid without the website.
        """

        def change(upload: Upload, keys: WebsiteList, uri: str, content: bytes) -> bytes:
            try:
                if not keys.has(content, name, uri):
                    return content
            except ProjectError:  # another content was uploaded, without a list
                return content
            return keys.without_website(content, name, upload.content(), uri)

        return self._change(change)

    def _change(self, change: Callable[[Upload, WebsiteList, str, bytes], bytes]) -> list[str]:
        return [
            upload.name
            for upload, keys, uri in self._places
            if self._change_one(upload, uri, partial(change, upload, keys, uri))
        ]

    def _change_one(self, upload: Upload, uri: str, change: Callable[[bytes], bytes]) -> bool:
        """Change a deployed file, if it differs then; return whether it was changed."""
        bucket, key = bucket_and_key(uri)
        for attempt in range(_ATTEMPTS):
            before, condition = self._content(upload, bucket, key)
            after = change(before)
            if after == before:
                return False
            try:
                self._aws.s3.put_object(
                    Bucket=bucket, Key=key, Body=upload.checked(after), **condition
                )
            except ClientError as error:
                lost = error.response["Error"]["Code"] in _CHANGED_MEANWHILE
                if not lost or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return True
        raise AssertionError("the last attempt returns or raises")

    def _content(self, upload: Upload, bucket: str, key: str) -> tuple[bytes, dict[str, Any]]:
        """Return a deployed file's content, and the condition that it is still the same."""
        try:
            found = self._aws.s3.get_object(Bucket=bucket, Key=key)
        except self._aws.s3.exceptions.NoSuchKey:
            return upload.content(), {"IfNoneMatch": "*"}
        return found["Body"].read(), {"IfMatch": found["ETag"]}
