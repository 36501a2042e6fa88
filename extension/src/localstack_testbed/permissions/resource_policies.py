"""Resource-based policies, read from LocalStack's services.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from localstack.constants import AWS_REGION_US_EAST_1, DEFAULT_AWS_ACCOUNT_ID
from localstack.utils.aws.arns import parse_arn

from localstack_testbed.permissions.policies import Policy, parse_or_deny
from localstack_testbed.permissions.principals import trust_policy_of

CHECKED_FOR_SERVICES = {"sqs", "sns", "lambda", "s3", "iam"}
"""Services whose resource-based policies also have to allow requests of AWS services."""

_NAME = "resource policy"


def service_of(resource: str | None) -> str:
    """Return the service in an ARN, or an empty string if it is not an ARN."""
    parts = (resource or "").split(":", 5)
    return parts[2] if len(parts) == 6 and parts[0] == "arn" else ""


def policy_of(resource: str | None) -> Policy | None:
    """Return the resource-based policy of an ARN, or None if there is none."""
    find = _FINDERS.get(service_of(resource))
    try:
        document = find(resource) if find and resource else None
    except (KeyError, ValueError):  # an invalid account or region
        return None
    if isinstance(document, Policy):
        return document
    return parse_or_deny(_NAME, document) if document else None


def account_of(resource: str | None) -> str | None:
    """Return the account that owns a resource, or None if it is unknown."""
    service = service_of(resource)
    if not resource or not service:
        return None
    return _bucket_account(resource) if service == "s3" else resource.split(":")[4] or None


def _queue(arn: str) -> str | None:
    from localstack.aws.api.sqs import QueueAttributeName
    from localstack.services.sqs.models import sqs_stores

    parts = parse_arn(arn)
    queue = sqs_stores[parts["account"]][parts["region"]].queues.get(parts["resource"])
    return queue.attributes.get(QueueAttributeName.Policy) if queue else None


def _topic(arn: str) -> str | None:
    from localstack.services.sns.models import sns_stores

    parts = parse_arn(arn)
    topic = sns_stores[parts["account"]][parts["region"]].topics.get(arn)
    return topic["attributes"].get("Policy") if topic else None


def _bucket(arn: str) -> str | None:
    bucket = bucket_of(arn)
    return bucket.policy if bucket else None


def bucket_of(resource: str | None) -> Any | None:
    """Return the bucket of a bucket's or object's ARN, or None if it does not exist."""
    owner = _bucket_account(resource) if service_of(resource) == "s3" and resource else None
    return _buckets(owner).buckets.get(_bucket_name(resource)) if owner and resource else None


def _bucket_account(arn: str) -> str | None:
    owners: Mapping[str, str] = _buckets(DEFAULT_AWS_ACCOUNT_ID).global_bucket_map
    return owners.get(_bucket_name(arn))


def _bucket_name(arn: str) -> str:
    return str(parse_arn(arn)["resource"]).split("/")[0]


def _buckets(account: str) -> Any:
    """Return an account's S3 store, which is global; it also knows the owner of every bucket."""
    from localstack.services.s3.models import s3_stores

    return s3_stores[account][AWS_REGION_US_EAST_1]


def _function(arn: str) -> str | None:
    from localstack.services.lambda_.invocation.models import lambda_stores

    parts = parse_arn(arn)
    name, _, qualifier = parts["resource"].removeprefix("function:").partition(":")
    function = lambda_stores[parts["account"]][parts["region"]].functions.get(name)
    policy = function.permissions.get(qualifier or "$LATEST") if function else None
    if policy is None:
        return None
    return json.dumps({"Version": policy.policy.Version, "Statement": policy.policy.Statement})


def _bus(arn: str) -> str | None:
    from localstack.services.events.models import events_stores

    parts = parse_arn(arn)
    buses = events_stores[parts["account"]][parts["region"]].event_buses
    bus = buses.get(parts["resource"].removeprefix("event-bus/"))
    return json.dumps(bus.policy) if bus and bus.policy else None


_FINDERS: dict[str, Callable[[str], str | Policy | None]] = {
    "sqs": _queue,
    "sns": _topic,
    "s3": _bucket,
    "lambda": _function,
    "events": _bus,
    "iam": trust_policy_of,
}
