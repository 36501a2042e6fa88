"""Clients with which CloudFormation calls the other services."""

from typing import Any


def client(service: str, account: str, region: str) -> Any:
    """Return an AWS SDK client of an account and region of this LocalStack."""
    # Imported here so that resource types can be read without LocalStack.
    from localstack.aws.connect import connect_to

    return getattr(connect_to(aws_access_key_id=account, region_name=region), service)
