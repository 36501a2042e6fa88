"""Handlers that evaluate the policies for each request and deny what they do not allow.

They run in LocalStack's handler chain, which also handles the requests of one service to another.
"""

from typing import Any

from localstack_testbed.hooks.error_responses import answer_with_error
from localstack_testbed.permissions.actions import Call, requests_for
from localstack_testbed.permissions.denials import (
    access_denied,
    incomplete_signature,
    missing_token,
)
from localstack_testbed.permissions.evaluation import (
    IDENTITY,
    RESOURCE,
    Decision,
    Principal,
    Request,
    evaluate,
)
from localstack_testbed.permissions.principals import ANONYMOUS, principal_of, values_of
from localstack_testbed.permissions.public_buckets import acl_allows, ignores_public_policy
from localstack_testbed.permissions.resource_policies import (
    CHECKED_FOR_SERVICES,
    account_of,
    policy_of,
    service_of,
)
from localstack_testbed.permissions.role_checks import check_roles
from localstack_testbed.permissions.signatures import IncompleteSignatureError, accepts_unsigned
from localstack_testbed.permissions.usage import Usage

_PRINCIPAL = "testbed_principal"
# Services in which a resource-based policy can allow unsigned requests. The others reject unsigned
# requests without evaluating policies.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
_ALLOW_ANONYMOUS = {"s3", "sqs", "sqs-query", "sns"}


class Enforcement:
    """Enforces policies on all requests except those of the account's root user."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage

    def before(self, chain: Any, context: Any, response: Any) -> None:
        """Raise the service's AccessDenied error if policies do not allow the request."""
        if not context.operation:
            return
        principal = _principal(context)
        if principal is not None:
            setattr(context, _PRINCIPAL, principal)
            values = values_of(principal, context, context.account_id)
            requests = requests_for(context, values)
            if principal.is_anonymous:
                self._check_anonymous(context, requests)
            else:
                self._check(principal, context, requests)
        check_roles(context, self.decide)

    def _check(self, principal: Principal, context: Any, requests: list[Request]) -> None:
        for request in requests:
            decision = self.decide(principal, request)
            if not decision.allowed:
                raise access_denied(principal, request, decision, context.service.protocol)

    def _check_anonymous(self, context: Any, requests: list[Request]) -> None:
        if accepts_unsigned(context.operation, context.service_request):
            return
        service = context.service.service_name
        if service == "s3" and Call(context).text("Bucket").startswith("_"):
            # No bucket name starts with an underscore. This is one of LocalStack's internal paths,
            # such as /_aws/ses, which is not served yet; let S3 answer that it was not found.
            return
        if service not in _ALLOW_ANONYMOUS or not requests:
            raise missing_token(service, context.service.protocol)
        self._check(ANONYMOUS, context, requests)

    def after(self, chain: Any, context: Any, response: Any) -> None:
        """Turn S3's 404 into AccessDenied if the principal may not list the bucket.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        """
        principal: Principal | None = context.__dict__.pop(_PRINCIPAL, None)
        if (
            principal is None
            or response.status_code != 404
            or context.service.service_name != "s3"
            or context.operation.name not in ("GetObject", "HeadObject")
            or getattr(context.service_exception, "code", None) not in ("NoSuchKey", "404")
        ):
            return
        bucket = f"arn:{context.partition}:s3:::{Call(context).text('Bucket')}"
        values = values_of(principal, context, context.account_id)
        request = Request("s3:ListBucket", bucket, values)
        decision = self.decide(principal, request)
        if decision.allowed:
            return
        error = access_denied(principal, request, decision, context.service.protocol)
        answer_with_error(context, response, error)

    def decide(self, principal: Principal, request: Request) -> Decision:
        """Evaluate a request, and count the decision."""
        resource = request.resource
        if principal.is_service and service_of(resource) not in CHECKED_FOR_SERVICES:
            return Decision(True, IDENTITY)
        policy, account = policy_of(resource), account_of(resource)
        if principal.is_anonymous and ignores_public_policy(resource):
            policy = None
        decision = evaluate(principal, request, policy, account)
        if principal.is_anonymous and decision.match is None and acl_allows(request):
            decision = Decision(True, RESOURCE)
        if decision.allowed and decision.kind == IDENTITY and request.action == "sts:AssumeRole":
            # The trust policy has to allow it as well, as if the role were in another account.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
            decision = evaluate(principal, request, policy, resource_account="")
        self._usage.add(principal, request, decision)
        return decision


def _principal(context: Any) -> Principal | None:
    try:
        return principal_of(context)
    except IncompleteSignatureError as error:
        if accepts_unsigned(context.operation, context.service_request):
            return ANONYMOUS
        service, protocol = context.service.service_name, context.service.protocol
        raise incomplete_signature(error, service, protocol) from None
