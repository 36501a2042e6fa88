"""What the stacks of a CDK app expect in an account: the bootstrap stack, and assets in S3.

https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from testbed.deployment.packaging import package
from testbed.machine.package_files import package_file
from testbed.project.project import Project

if TYPE_CHECKING:
    from testbed.aws.clients import Aws
    from testbed.machine.cache import Report
    from testbed.project.assets import Assets, FileAsset

_VERSION = re.compile(r"/cdk-bootstrap/(?P<qualifier>\w+)/version")
_DEFAULT_QUALIFIER = "hnb659fds"
_TOOLKIT = "CDKToolkit"


def missing_bootstrap(project: Project, aws: Aws) -> Project | None:
    """Return the stack that ``cdk bootstrap`` would deploy, if a stack needs it and it is missing.

    It is what CDK's own command would find, so that both can be used for the same testbed.
    """
    parameter = project.assets.version_parameter if project.assets else None
    match = _VERSION.fullmatch(parameter or "")
    if match is None:
        return None
    ssm = aws.client("ssm")
    try:
        ssm.get_parameter(Name=parameter)
    except ssm.exceptions.ParameterNotFound:
        pass
    else:
        return None
    qualifier = match["qualifier"]
    return Project(
        root=project.root,
        template=package_file("_cdk-bootstrap.yaml", "docs/examples/cdk-bootstrap.yaml"),
        stack_name=_TOOLKIT if qualifier == _DEFAULT_QUALIFIER else f"{_TOOLKIT}-{qualifier}",
        region=project.region,
        capabilities=("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"),
        parameters={"Qualifier": qualifier},
    )


def publish(assets: Assets, aws: Aws, report: Report) -> None:
    """Upload the files that are not in S3 yet. Their keys are hashes of their content.

    Raises
    ------
    ProjectError
        If a file cannot be packaged.
    """
    for file in assets.files:
        if not _is_published(file, aws):
            _create_bucket(file.bucket, aws)
            aws.s3.put_object(Bucket=file.bucket, Key=file.key, Body=_content(file, assets, report))


def _is_published(file: FileAsset, aws: Aws) -> bool:
    try:
        aws.s3.head_object(Bucket=file.bucket, Key=file.key)
    except ClientError:
        return False
    return True


def _content(file: FileAsset, assets: Assets, report: Report) -> bytes:
    if file.zipped:
        # CDK has excluded files when it copied the folder, and bundled requirements.
        archive = package(file.source, "", report, requirements=False, everything=True)
        return archive.path.read_bytes()
    if file.is_template:
        return assets.localized(file.source.read_text(encoding="utf-8")).encode()
    return file.source.read_bytes()


def _create_bucket(bucket: str, aws: Aws) -> None:
    """Create a bucket that the bootstrap stack does not have, since the app names another one."""
    try:
        aws.s3.head_bucket(Bucket=bucket)
    except ClientError:
        options: Any = {}
        if aws.region != "us-east-1":  # the only region that must not be given
            options["CreateBucketConfiguration"] = {"LocationConstraint": aws.region}
        aws.s3.create_bucket(Bucket=bucket, **options)
