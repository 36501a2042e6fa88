"""Endpoints that are open to web pages of all origins, as on AWS.

- Stages of REST APIs, function URLs and S3 websites. LocalStack's routes identify them: a path or a
  host that only looks like one of them is not enough.
- Buckets whose CORS configuration allows the page's origin. Here that applies to images and forms
  as well, for which AWS does not check it.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
- The links that confirm or end a subscription. Only the recipient of the email knows the token in
  the link, or the subscription's id.
  https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
"""

from typing import Any

from localstack_testbed.access.sites import origin_of

_PUBLIC_MODULES = {
    "localstack.services.apigateway.next_gen.execute_api.router",
    "localstack.services.lambda_.urlrouter",
    "localstack.services.s3.website_hosting",
}
# Stages by their older path, whose endpoint LocalStack wraps.
_EARLIER_STAGES = "/restapis/"
_LINKS = (["ConfirmSubscription"], ["Unsubscribe"])


def is_public(request: Any) -> bool:
    """Return whether a request may come from the page that sends it."""
    found, endpoint = _route(request)
    if found:
        owner = type(getattr(endpoint, "__self__", endpoint))
        return owner.__module__ in _PUBLIC_MODULES or request.path.startswith(_EARLIER_STAGES)
    return _is_link(request) or _is_allowed_by_bucket(request)


def _route(request: Any) -> tuple[bool, Any]:
    """Return whether one of LocalStack's routes matches a request, and the route's endpoint."""
    from localstack.http.request import get_raw_path
    from localstack.services.edge import ROUTER
    from werkzeug.exceptions import HTTPException

    path = get_raw_path(request)
    if path.lstrip("/").startswith("_localstack"):  # served before these routes
        return True, None
    try:
        endpoint, _ = ROUTER.url_map.bind(request.host).match(path, method=request.method)
    except (HTTPException, ValueError):
        return False, None
    return True, endpoint


def _is_link(request: Any) -> bool:
    return (
        request.method == "GET"
        and request.path == "/"
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.args.getlist("Action") in _LINKS
    )


def _is_allowed_by_bucket(request: Any) -> bool:
    from localstack.aws.handlers import preprocess_request
    from werkzeug.datastructures import Headers

    # S3's own handler, which finds the bucket of a request. It does not exist before S3 is loaded.
    found = (each for each in preprocess_request.handlers if hasattr(each, "bucket_cors_index"))
    handler: Any = next(found, None)
    if handler is None:
        return False
    _, bucket = handler.pre_parse_s3_request(request)
    if bucket is None:
        return False
    if request.method == "OPTIONS":  # S3 answers it by its rules, and carries nothing out
        return True
    configuration = handler.bucket_cors_index.cors.get(bucket)
    if configuration is None:
        return False
    headers = Headers(request.headers)
    headers.setdefault("Origin", origin_of(request.headers.get("Referer") or ""))
    return any(
        handler._match_rule(rule, request.method, headers) for rule in configuration["CORSRules"]
    )
