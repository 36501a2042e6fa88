"""What pages of all origins may ask for, as on AWS.

- Stages of REST APIs, function URLs and S3 websites. They are found by LocalStack's own routes: a
  path or a host that only looks like one of them is not enough.
- Buckets, as far as their CORS configuration allows the page's origin. This holds for images and
  forms as well, for which AWS does not ask it.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
- The links by which one confirms a subscription, or ends it. Their token, or the subscription's
  id, is known only to those who got the email.
  https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html
"""

from typing import Any

from localstack_testbed.access.sites import origin_of

_PUBLIC_MODULES = {
    "localstack.services.apigateway.next_gen.execute_api.router",
    "localstack.services.lambda_.urlrouter",
    "localstack.services.s3.website_hosting",
}
# The same stages by the path that they had earlier; LocalStack wraps this endpoint.
_EARLIER_STAGES = "/restapis/"
_LINKS = (["ConfirmSubscription"], ["Unsubscribe"])


def is_public(request: Any) -> bool:
    """Tell whether a request may come from a page of any origin, or of the origin that it has."""
    found, endpoint = _route(request)
    if found:
        owner = type(getattr(endpoint, "__self__", endpoint))
        return owner.__module__ in _PUBLIC_MODULES or request.path.startswith(_EARLIER_STAGES)
    return _is_link(request) or _is_allowed_by_bucket(request)


def _route(request: Any) -> tuple[bool, Any]:
    """Return whether one of LocalStack's routes serves a request, and its endpoint."""
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

    # S3's own handler, which serves the request if it finds a bucket; without S3 there is none.
    found = (each for each in preprocess_request.handlers if hasattr(each, "bucket_cors_index"))
    handler: Any = next(found, None)
    if handler is None:
        return False
    _, bucket = handler.pre_parse_s3_request(request)
    if bucket is None:
        return False
    if request.method == "OPTIONS":  # answered by S3's rules, and not carried out
        return True
    configuration = handler.bucket_cors_index.cors.get(bucket)
    if configuration is None:
        return False
    headers = Headers(request.headers)
    headers.setdefault("Origin", origin_of(request.headers.get("Referer") or ""))
    return any(
        handler._match_rule(rule, request.method, headers) for rule in configuration["CORSRules"]
    )
