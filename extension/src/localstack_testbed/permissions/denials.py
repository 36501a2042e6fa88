"""Error responses to denied requests, by service and protocol.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from localstack.aws.api import CommonServiceException

from localstack_testbed.hooks.error_responses import client_error
from localstack_testbed.permissions.evaluation import Decision, Principal, Request
from localstack_testbed.permissions.signatures import IncompleteSignatureError

# Services whose error code or status differs from the usual one of their protocol.
# https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
_ERRORS = {"sns": ("AuthorizationError", 403), "sqs": ("AccessDenied", 403)}
_BY_PROTOCOL = {
    "json": ("AccessDeniedException", 400),
    "rest-json": ("AccessDeniedException", 403),
}
_DEFAULT = ("AccessDenied", 403)
_WITH_XML = {"query", "ec2", "rest-xml"}


def access_denied(
    principal: Principal, request: Request, decision: Decision, protocol: str | None
) -> CommonServiceException:
    """Return the error that the service answers to a denied request."""
    if principal.is_anonymous:
        return missing_token(request.action.split(":")[0], protocol)
    service = request.action.split(":")[0]
    code, status = _ERRORS.get(service) or _BY_PROTOCOL.get(protocol or "", _DEFAULT)
    message = denial_message(principal, request, decision)
    return client_error(code, message, status)


def missing_token(service: str, protocol: str | None) -> CommonServiceException:
    """Return the error that the service answers to a request without a signature.

    Code and status come from every service's list of common errors, such as
    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html; JSON protocols append
    ``Exception`` to the code. S3's error is in
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    if service == "s3":
        return client_error("AccessDenied", "Access Denied", 403)
    if protocol in _WITH_XML:
        return client_error(
            "MissingAuthenticationToken", "Request is missing Authentication Token", 403
        )
    return client_error("MissingAuthenticationTokenException", "Missing Authentication Token", 403)


def incomplete_signature(
    error: IncompleteSignatureError, service: str, protocol: str | None
) -> CommonServiceException:
    """Return the error that the service answers to a malformed Authorization header.

    https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html,
    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
    """
    if service == "s3":
        return client_error(
            "AuthorizationHeaderMalformed",
            "The authorization header is malformed; the authorization header requires three "
            "components: Credential, SignedHeaders, and Signature.",
            400,
        )
    suffix = "" if protocol in _WITH_XML else "Exception"
    return client_error(f"IncompleteSignature{suffix}", str(error), 400)


def denial_message(principal: Principal, request: Request, decision: Decision) -> str:
    """Return AWS's message for a denied request."""
    service, _, name = request.action.partition(":")
    # SQS and SNS spell the action differently in their messages.
    spelled = {"sqs": f"sqs:{name.lower()}", "sns": f"SNS:{name}"}.get(service, request.action)
    resource = f'"{request.resource}"' if service == "s3" else request.resource or "*"
    if service == "ses":
        return (
            f"User `{principal.arn}' is not authorized to perform `{spelled}' "
            f"on resource `{resource}'"
        )
    start = f"User: {principal.arn} is not authorized to perform: {spelled} on resource: {resource}"
    if decision.match is not None:
        article = "an" if decision.kind[0] in "aeiou" else "a"
        return f"{start} with an explicit deny in {article} {decision.kind}"
    return f"{start} because no {decision.kind} allows the {spelled} action"
