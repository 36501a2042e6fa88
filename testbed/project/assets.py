"""The file assets of a CDK app, which are published to S3 before its stacks are deployed.

https://docs.aws.amazon.com/cdk/v2/guide/assets.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.project.problems import Problem

ACCOUNT = "000000000000"
"""The account that the testbed deploys to."""

_TEMPLATE = ".template.json"


@dataclass(frozen=True)
class FileAsset:
    """A file or folder, and the object in S3 to which the templates refer.

    Parameters
    ----------
    zipped
        Whether the object is a zip file of the folder.
    """

    source: Path
    zipped: bool
    bucket: str
    key: str

    @property
    def is_template(self) -> bool:
        """Whether it is the template of a stack or of a nested stack."""
        return self.source.name.endswith(_TEMPLATE)


@dataclass(frozen=True)
class Assets:
    """What a stack of a CDK app expects in its account and region.

    Parameters
    ----------
    files
        The files to publish.
    version_parameter
        The SSM parameter by which the stack checks that the account is bootstrapped, if it does.
    account
        The account that the app names, instead of leaving it open.
    problems
        What cannot be published.
    """

    files: tuple[FileAsset, ...] = ()
    version_parameter: str | None = None
    account: str | None = None
    problems: tuple[Problem, ...] = ()

    def localized(self, text: str) -> str:
        """Return a text in which the account that the app names is the testbed's."""
        return text.replace(self.account, ACCOUNT) if self.account else text


def read_asset_manifest(
    manifest: Path, region: str, account: str | None
) -> tuple[list[FileAsset], list[Problem]]:
    """Read an asset manifest: the files to publish, and what cannot be published.

    Raises
    ------
    OSError, ValueError, KeyError, TypeError, AttributeError
        If it is missing, or is no asset manifest.
    """
    document = json.loads(manifest.read_text(encoding="utf-8"))
    localized = Assets(account=account).localized
    files: list[FileAsset] = []
    problems: list[Problem] = []
    for asset in document.get("files", {}).values():
        source = asset["source"]
        if "path" not in source:
            name = asset.get("displayName", "An asset")
            text = f"{name} is an asset that a program creates, which is not available here."
            problems.append(Problem(text, None, manifest))
            continue
        path = manifest.parent / source["path"]
        if not path.exists():
            text = f"The asset {source['path']} is missing: run `cdk synth` again."
            problems.append(Problem(text, None, manifest))
        for destination in asset["destinations"].values():
            bucket, key = (
                localized(_substituted(destination[name], destination.get("region") or region))
                for name in ("bucketName", "objectKey")
            )
            files.append(FileAsset(path, source.get("packaging") == "zip", bucket, key))
    problems += _images(document, manifest)
    return files, problems


def _images(document: dict[str, Any], manifest: Path) -> Iterator[Problem]:
    for name, asset in document.get("dockerImages", {}).items():
        shown = asset.get("displayName", name)
        yield Problem(
            f"{shown} is an asset with a container image, and container images need Docker: use a"
            " Function with Code.fromAsset and Runtime.PYTHON_3_13 instead.",
            None,
            manifest,
        )


def _substituted(text: str, region: str) -> str:
    for name, value in (("AccountId", ACCOUNT), ("Region", region), ("Partition", "aws")):
        text = text.replace(f"${{AWS::{name}}}", value)
    return text
