"""Detection of request signatures and their access keys, and of operations that need none.

Signatures are not verified. (LocalStack verifies those of presigned S3 URLs with
``S3_SKIP_SIGNATURE_VALIDATION=0``.)
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from typing import Any

from localstack_testbed.requests.callers import access_key_in

# LocalStack signs unsigned requests with this access key.
_INJECTED = "=injectedaccesskey/"
_REQUIRED = ("Credential", "Signature", "SignedHeaders")
_UNSIGNED_BY_LINK = {("sns", "ConfirmSubscription"), ("sns", "Unsubscribe")}


class IncompleteSignatureError(Exception):
    """Raised for a malformed Authorization header; the message is AWS's list of what is missing."""


def access_key_of(request: Any, operation: Any) -> str | None:
    """Return the access key that a request is signed with, or None if it is not signed.

    Raises
    ------
    IncompleteSignatureError
        If its Authorization header is malformed.
    """
    authorization = request.headers.get("Authorization")
    if authorization and _INJECTED not in authorization:
        return _key_in_header(request, authorization)
    fields = request.args
    if operation.name == "PostObject":
        # https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
        names = {"x-amz-credential": "X-Amz-Credential", "x-amz-signature": "X-Amz-Signature"}
        fields = {names.get(name.lower(), name): text for name, text in request.form.items()}
        fields = fields | {"Signature": fields.get("signature") or fields.get("Signature")}
        if not fields.get("policy"):
            return None
    if fields.get("X-Amz-Signature") and (credential := fields.get("X-Amz-Credential")):
        return str(credential).split("/")[0] or None
    return str(fields["AWSAccessKeyId"]) if _is_presigned_v2(fields) else None


def is_signed(request: Any) -> bool:
    """Return whether a request to a deployed API or function URL is signed."""
    authorization = request.headers.get("Authorization") or ""
    in_query = request.args.get("X-Amz-Credential") and request.args.get("X-Amz-Signature")
    return bool(in_query) or all(f"{name}=" in authorization for name in _REQUIRED)


def accepts_unsigned(operation: Any, parameters: Any) -> bool:
    """Return whether AWS accepts an operation without a signature.

    The API's model marks most of them, such as ``AssumeRoleWithWebIdentity``. The others are
    called by the links in SNS's emails:
    https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html,
    https://docs.aws.amazon.com/sns/latest/api/API_Unsubscribe.html
    """
    if (operation.service_model.service_name, operation.name) in _UNSIGNED_BY_LINK:
        return (parameters or {}).get("AuthenticateOnUnsubscribe") != "true"
    schemes = operation.auth or ()
    return operation.auth_type in ("none", "bearer") or any(
        scheme in ("smithy.api#noAuth", "smithy.api#httpBearerAuth") for scheme in schemes
    )


def _is_presigned_v2(fields: Any) -> bool:
    return bool(fields.get("AWSAccessKeyId") and fields.get("Signature"))


def _key_in_header(request: Any, authorization: str) -> str | None:
    key = access_key_in(request.headers)
    missing = [name for name in _REQUIRED if f"{name}=" not in authorization]
    if key and (authorization.startswith("AWS ") or not missing):
        return key
    requirements = [f"Authorization header requires '{name}' parameter." for name in missing]
    if not ("X-Amz-Date" in request.headers or "Date" in request.headers):
        requirements.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    raise IncompleteSignatureError(" ".join([*requirements, f"Authorization={authorization}"]))
