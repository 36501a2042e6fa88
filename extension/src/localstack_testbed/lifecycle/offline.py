"""LocalStack without network access: it downloads nothing, and calls no other machine.

- Services that need a download (Kinesis, DynamoDB, …) or a missing Python package answer at once
  with status 501 and the reason. LocalStack itself tries to download for minutes, or answers with
  an internal error.
- The SDK inside LocalStack looks for credentials neither in the user's profiles, which may start a
  program or call AWS, nor at the instance metadata service (169.254.169.254).
- LocalStack does not look up the name of S3's host, and does not fetch the list of services in
  other editions, which it does for unknown services.
"""

import os
from collections.abc import Iterator
from typing import Any

from localstack_testbed.hooks.patching import patch, replace
from localstack_testbed.hooks.settings import OFFLINE


class NotInstalledError(Exception):
    """A program that LocalStack would download is not installed; the message names it."""


def stay_offline() -> None:
    """Patch LocalStack's installers and error responses, and configure the SDK."""
    from localstack.aws.handlers.service import ServiceExceptionSerializer
    from localstack.packages.api import PackageInstaller
    from localstack.utils.aws import aws_stack
    from localstack.utils.catalog.catalog_loader import (
        AwsCatalogLoaderException,
        RemoteCatalogLoader,
    )

    # https://docs.aws.amazon.com/sdkref/latest/guide/feature-imds-credentials.html
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    # https://docs.aws.amazon.com/sdkref/latest/guide/file-location.html
    os.environ.setdefault("AWS_CONFIG_FILE", os.devnull)
    os.environ.setdefault("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    # As if the name were unknown: LocalStack's services then call S3 at `localhost`.
    replace(aws_stack, "CACHE_S3_HOSTNAME_DNS_STATUS", False)

    @patch(PackageInstaller.install)
    def install(original: Any, self: PackageInstaller, target: Any = None) -> None:
        if not self.is_installed():
            raise NotInstalledError(f"{self.name} {self.version}")
        original(self, target)

    @patch(RemoteCatalogLoader.get_remote_catalog, pass_target=False)
    def get_catalog(_self: Any) -> Any:
        raise AwsCatalogLoaderException(f"{OFFLINE.name}=1")  # and LocalStack goes without it

    @patch(ServiceExceptionSerializer.create_exception_response)
    def answer(original: Any, self: Any, exception: Exception, context: Any) -> Any:
        if missing := _missing(exception):
            exception = NotImplementedError(
                f"{context.service.service_name} is not available on this LocalStack: it needs "
                f"{missing}, which is not installed. Set TESTBED_OFFLINE=0 to let LocalStack "
                "download programs; install Python packages in LocalStack's environment."
            )
        return original(self, exception, context)


def patch_domains() -> None:
    """Let the call that creates a domain fail, instead of the thread that starts its cluster."""
    from localstack import config
    from localstack.services.opensearch.packages import (
        OPENSEARCH_DEFAULT_VERSION,
        elasticsearch_package,
        opensearch_package,
    )
    from localstack.services.opensearch.provider import OpensearchProvider

    @patch(OpensearchProvider.create_domain)
    def create_domain(original: Any, self: Any, context: Any, request: Any) -> Any:
        version = request.get("EngineVersion") or OPENSEARCH_DEFAULT_VERSION
        for package in (opensearch_package, elasticsearch_package):
            if version in package.get_versions() and not config.OPENSEARCH_CUSTOM_BACKEND:
                package.install(version)
        return original(self, context, request)


def _missing(exception: BaseException) -> str | None:
    """Return what is not installed, if that is the reason of an error."""
    for cause in _causes(exception):
        if isinstance(cause, NotInstalledError):
            return str(cause)
        if isinstance(cause, ModuleNotFoundError):
            return f"the Python package {(cause.name or '').partition('.')[0]}"
    return None


def _causes(exception: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while exception is not None and id(exception) not in seen:
        seen.add(id(exception))
        yield exception
        exception = exception.__cause__ or exception.__context__
